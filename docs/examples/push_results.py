"""Push scores of a model of your own into Odoo: `python push_results.py URL DATABASE DEPLOYMENT_ID < rows.json`.

The API key of the technical user stands in the environment variable ODOO_API_KEY. Rows are a JSON list of
{"res_id": 7, "score": 0.8} or {"res_id": 8, "failure": {"message": "The file is empty."}}.
"""

import hashlib
import json
import os
import sys
import time

import requests

ATTEMPTS, AT_ONCE = 6, 500


class Odoo:
    def __init__(self, url, database, deployment_id, api_key):
        self.url = f"{url}/json/2/ai.deployment"
        self.ids = [deployment_id]
        self.session = requests.Session()
        self.session.headers.update({"Authorization": f"Bearer {api_key}", "X-Odoo-Database": database})

    def call(self, method, **arguments):
        """Call a method; again, ever later, where the network or the server is at fault."""
        for attempt in range(ATTEMPTS):
            try:
                answer = self.session.post(f"{self.url}/{method}", json={"ids": self.ids, **arguments}, timeout=60)
                if answer.status_code < 500 and answer.status_code != 429:
                    if answer.status_code != 200:  # what is wrong with the rows: repeating would change nothing
                        raise SystemExit(f"Odoo refused: {answer.text[:300]}")
                    return answer.json()
            except (requests.ConnectionError, requests.Timeout):
                pass  # whether it came through is not known: the same key makes the repeat harmless
            time.sleep(2**attempt)
        raise SystemExit("Odoo does not answer.")

    def push(self, rows):
        key = hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()
        return self.call("record_inferences", rows=rows, key=key)


if __name__ == "__main__":
    odoo = Odoo(sys.argv[1], sys.argv[2], int(sys.argv[3]), os.environ["ODOO_API_KEY"])
    results = json.load(sys.stdin)
    for start in range(0, len(results), AT_ONCE):
        print(odoo.push(results[start : start + AT_ONCE]))
