"""The address that a check outside of Odoo calls: are the running deployments able to work?

It says ok or not ok, and nothing else. It works everything out when it is called, so it answers truly when no job of
the server runs any more. Who does not know the token learns nothing, not even whether there is such an address.
"""

import logging

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..models.health.token import is_token
from ..models.tools import faults

_logger = logging.getLogger(__name__)


class Health(http.Controller):
    @http.route(
        "/ai_deployment/health/<string:token>",
        type="http",
        auth="none",
        methods=["GET"],
        readonly=True,
        save_session=False,
    )
    def health(self, token, **_ignored):
        deployments = request.env(user=SUPERUSER_ID)["ai.deployment"]
        if not is_token(deployments.env, token):
            return self._say("not found", 404)
        try:
            well = deployments._is_all_well()
        except faults.OF_THE_MOMENT:  # Odoo repeats the request, or answers that it cannot
            raise
        except Exception:  # noqa: BLE001 - what cannot be looked at is not well
            _logger.info("The health of deployments could not be looked at", exc_info=True)
            well = False
        return self._say("ok", 200) if well else self._say("not ok", 503)

    def _say(self, text, status):
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]
        return request.make_response(text, headers, status=status)
