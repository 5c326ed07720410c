"""Jobs of OCA's queue_job carry a batch; one of their workers is killed in the middle, and nothing is lost or doubled.

The package is the real one, in an Odoo with two workers and the job runner. Only this drill's servers know of it.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from odoo.tools import SQL

from lib import lanes, queue_job
from lib.figures import Figure
from lib.sample_leads import make_deployment, make_leads
from lib.talk import Failure

SMALL = 4_000
LEADS = 20_000
CHUNK = 1_000  # smaller than usual: more pieces to be in the middle of
START_S, FINISH_S = 120, 300

# Run where queue_job is known, as this process does not load it.
_ASK = """
import json, time
from odoo.addons.ai_deployment.models.scoring import ai_deployment_batch
ai_deployment_batch.CHUNK = {chunk}
env = env(user=env.ref("base.user_admin"))
deployment = env["ai.deployment"].browse({deployment})
ids = {ids!r}
started = time.perf_counter()
batch = env["ai.deployment.batch"]._ask(deployment, ids, again=True)
{then}
env.flush_all()
seconds = time.perf_counter() - started
env.cr.commit()
open({out!r}, "w").write(json.dumps([batch.id, seconds]))
"""


def run(env, options, say):
    env = env(user=env.ref("base.user_admin"))
    count = options.limit or LEADS
    say(f"Making {count:,} leads ...")
    open_ids, _closed = make_leads(env, count, 2000)
    deployment = make_deployment(env)
    say("Installing queue_job into the database ...")
    queue_job.install(env.cr.dbname)
    variables = {**queue_job.environment(), "ODOO_QUEUE_JOB_CHANNELS": "root:2,root.ai_deployment:2"}
    arguments = ("--workers=2", "--max-cron-threads=1", "--load=base,web,queue_job")
    with tempfile.TemporaryDirectory() as folder:
        cancelled, _seconds = _ask(env, deployment, open_ids, folder, variables, "batch.action_cancel()")
        batch, seconds = _ask(env, deployment, open_ids, folder, variables)
        with lanes.node(env, "carrier", folder, *arguments, environment=variables):
            killed = lanes.wait_until(env, lambda: _kill_one(env, batch, say), START_S)
            done = lanes.wait_until(env, lambda: batch.state == "done" and not _waiting(env), FINISH_S)
        if not done:
            say(Path(folder, "carrier.log").read_text()[-4000:])
    lines, records = env.execute_query(
        SQL(
            "SELECT COUNT(*), COUNT(DISTINCT res_id) FROM ai_deployment_inference WHERE deployment_id = %s",
            deployment.id,
        )
    )[0]
    rows = env["ai.deployment.ledger"].search([("deployment_id", "=", deployment.id)])
    balanced = not any(rows.mapped("difference")) and sum(rows.mapped("requested")) == 2 * count
    pieces, by_jobs = len(batch.chunk_ids), len(batch.chunk_ids.filtered("job_date"))
    jobs = _jobs(env, batch)
    idle = [result for _state, _retry, result in _jobs(env, cancelled) if "cancelled" in (result or "")]
    all_done = len(jobs) == pieces and all(state == "done" for state, _retry, _result in jobs)
    return [
        Figure("leads", count, "leads"),
        Figure("asking_per_job", round(1000 * seconds / pieces, 1), "ms"),
        Figure("worker_killed_in_the_middle", int(killed), "", "1", killed),
        Figure("batch_done", int(done), "", "1", done),
        Figure("pieces", pieces, "pieces"),
        Figure("pieces_done_by_jobs", by_jobs, "pieces", str(pieces), by_jobs == pieces),
        Figure("jobs_done", sum(job[0] == "done" for job in jobs), "jobs", str(pieces), all_done),
        Figure("jobs_called_again", sum(job[1] > 1 for job in jobs), "jobs", "≥ 1", any(job[1] > 1 for job in jobs)),
        Figure("jobs_of_a_cancelled_batch_that_said_so", len(idle), "jobs", str(pieces), len(idle) == pieces),
        Figure("lost", count - records, "records", "0", records == count),
        Figure("double", lines - records, "records", "0", lines == records),
        Figure("sum_adds_up", int(balanced), "", "1", balanced),
    ]


def _ask(env, deployment, ids, folder, variables, then=""):
    """(batch, seconds) asked for by a process that knows queue_job."""
    out = os.path.join(folder, "asked.json")
    script = _ASK.format(chunk=CHUNK, deployment=deployment.id, ids=list(ids), out=out, then=then)
    command = [sys.executable, os.environ["ODOO_BIN"], "shell", "-d", env.cr.dbname, "--no-http", "--log-level=warn"]
    env.cr.commit()
    process = subprocess.run(command, input=script, env=variables, capture_output=True, text=True, check=False)
    if process.returncode or not os.path.exists(out):
        sys.stderr.write(process.stderr)
        raise Failure("the batch could not be asked for; the reason stands above.")
    batch, seconds = json.loads(Path(out).read_text())
    os.unlink(out)
    env.cr.rollback()
    env.invalidate_all()
    return env["ai.deployment.batch"].sudo().browse(batch), seconds


def _kill_one(env, batch, say):
    """Whether a worker was killed over a piece while others were done already and more were open."""
    if not sum(chunk.state == "done" for chunk in batch.chunk_ids):
        return False
    # A row that is locked is in the hands of the worker that the job names.
    env.cr.execute(
        "SELECT job.worker_pid FROM queue_job job WHERE job.state = 'started' AND job.identity_key = ANY(%s)"
        " AND job.worker_pid IS NOT NULL LIMIT 1",
        [_keys(batch)],
    )
    row = env.cr.fetchone()
    if not row or b"odoo" not in Path("/proc", str(row[0]), "cmdline").read_bytes():
        return False
    os.kill(row[0], signal.SIGKILL)
    say(f"  killed worker {row[0]}")
    return True


def _waiting(env):
    env.cr.execute("SELECT COUNT(*) FROM queue_job WHERE state NOT IN ('done', 'failed', 'cancelled')")
    return env.cr.fetchone()[0]


def _jobs(env, batch):
    """(state, times called, sentence) of the batch's jobs."""
    env.cr.execute("SELECT state, retry, result FROM queue_job WHERE identity_key = ANY(%s)", [_keys(batch)])
    return env.cr.fetchall()


def _keys(batch):
    return [f"ai.deployment.batch.chunk:{chunk.id}" for chunk in batch.chunk_ids]
