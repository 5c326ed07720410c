# The map. Imports run down this list: a package may use those above it. `super()` means another addon.
from . import tools  # what every package uses: clock, batch insert, sampling, credentials, rights
from . import features  # declared inputs and how they are read
from . import documents  # what is scored: leads, vendor bills, their outcomes and edits
from . import deployment  # the deployment itself: life cycle, versions, which one serves
from . import alerting  # alerts, notifications, messages
from . import endpoints  # remote models: where they are, what was asked of them and what they answered
from . import scoring  # scoring runs, inferences, current scores, requests, batches
from . import ledger  # what was requested and what came of it, counted per day
from . import routing  # which records a person reviews: reasons, quotas, edge cases, hold-out
from . import proposals  # values that a deployment proposes for fields of a record: judged, written, undone
from . import pushing  # results of external programs, and of code of one's own
from . import monitoring  # drift, performance and the dashboard
from . import health  # can it do its work: checks of the instance and of each deployment
from . import review  # reviews, the desk, who reviews
from . import gate  # vendor bills held before posting
from . import resilience  # fallbacks and drills
from . import training  # training runs, leak check, triggers
from . import (
    governance,
)  # owner, proof of concept, checklist, approval, value; its evidence looks at all above
from . import onboarding  # the guided start, the way to production, the replay of the last year
from . import overview  # the page that shows how every deployment is doing
from . import calendar_event
from . import digest_digest
from . import ir_cron
from . import ir_default
from . import ir_http
from . import ir_actions_server
from . import mail_activity
from . import mail_message
from . import res_company
from . import res_config_settings
from . import res_groups
from . import res_partner
from . import res_users
