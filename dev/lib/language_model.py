"""The language model of the demonstration: the built-in test server, which sorts leads and reads bills.

Of a lead it says which sales team it is for. It is sure where the country is known and guesses where it is not; now and
then it errs, names a team that is none, or answers in a form that nobody asked for: always in the same way about the
same lead. Of a bill it reads what the document says in English. `dev/demo` serves it beside the demonstration.
"""

import importlib.util
import json
import os
import re
import sys
import time
from pathlib import Path
from zlib import crc32

PORT = 18087
INLAND = ("United States", "Canada")
SMUDGED = "(smudged)"  # behind what can hardly be read
ON_A_BILL = {"ref": r"Invoice: (\S+)", "invoice_date": r"Date: (\d{4}-\d\d-\d\d)", "amount_total": r"Total: ([\d,.]+)"}
# Of a hundred answers: so many in each of these forms
MALFORMED = {"prose_around_json": 3, "json_in_a_code_fence": 2, "out_of_tokens": 1}


def language_model(port=0):
    """The server, which listens on this machine."""
    path = Path(__file__).resolve().parents[2] / "tests" / "remote" / "model_server.py"
    spec = importlib.util.spec_from_file_location("model_server", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = module.ModelServer(values=values_of, port=port)
    server.fault_of = fault_of
    return server


def values_of(inputs):
    return fields_of(inputs["document"]) if "document" in inputs else team_of(inputs)


def fields_of(document):
    """Return the answer of the model about a bill: each value with its confidence."""
    found = {key: re.search(pattern, document) for key, pattern in ON_A_BILL.items()}
    said = {key: match[1].replace(",", "") if match else "" for key, match in found.items()}
    said["partner_id"] = document.split("\n")[0].strip()
    lot = crc32(document.encode())
    for place, key in enumerate(list(said)):
        said[f"{key}_confidence"] = round(0.91 + (lot + place * 3) % 9 / 100, 2)
    if SMUDGED in document:
        said["ref_confidence"] = 0.58
    return {**said, "unfamiliar": "language" if "Rechnung" in document else ""}


def team_of(inputs):
    """What the model says of a lead: a team, and how sure it is."""
    country, language, lot = inputs.get("country"), inputs.get("language") or "", _lot(inputs)
    if country:
        team, sure = ("Inland" if country in INLAND else "Export"), 0.9 + lot % 9 / 100
        if lot % 37 == 0:
            team = "Inland" if team == "Export" else "Export"
    else:
        team, sure = ("Inland" if "US" in language or not language else "Export"), 0.55 + lot % 20 / 100
    if lot % 61 == 0:
        team = "Head office"  # which is no team
    return {"team_id": team, "team_id_confidence": round(sure, 2), "unfamiliar": ""}


def _lot(inputs):
    return crc32(json.dumps(inputs, sort_keys=True).encode())


def fault_of(payload):
    """How the answer to a call is malformed; empty where it is not."""
    sent = payload["messages"][1]["content"].split("\n")[1]
    if '"document"' in sent:
        return ""
    lot = crc32(sent.encode()) // 61 % 100
    for fault, share in MALFORMED.items():
        if lot < share:
            return fault
        lot -= share
    return ""


def main(parent):
    """Serve it for as long as the process `parent` lives."""
    try:
        server = language_model(PORT)
    except OSError as error:
        print(f"The demonstration's language model cannot be served on port {PORT} ({error.strerror}).", flush=True)
        return
    while os.getppid() == parent:
        time.sleep(1)
    server.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
