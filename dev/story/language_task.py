"""Common parts of the deployments of the language model: serving, declaring, binding and starting it."""

from contextlib import contextmanager

from odoo.addons.ai_deployment.models.endpoints.binding import bind

from lib.language_model import PORT, language_model

from .deployments import add_inputs, as_owner, declare_one

MODEL = "tiny"


@contextmanager
def served(env):
    """Serve the language model while the story is told; then its host is the one that `dev/demo` serves it at."""
    parameters = env["ir.config_parameter"]
    server = language_model()
    try:
        parameters.set_param("ai_deployment.allowed_hosts", server.host)
        yield server
    finally:
        server.close()
    parameters.set_param("ai_deployment.allowed_hosts", f"127.0.0.1:{PORT}")


def served_address():
    """The address at which `dev/demo` serves the model."""
    return f"http://127.0.0.1:{PORT}/chat"


def declare_task(env, days, values, people, inputs, endpoint, contract):
    """Declare a deployment that proposes values, bind it to `endpoint` and start it in shadow with what comes then.

    :param people: the arguments of `declare_one`
    """
    review = {"min_confidence": 0.8, "review_date": days.review_date()}
    deployment = declare_one(env, {**review, **values}, viewers=[], **people)
    add_inputs(deployment, inputs)
    version = bind(deployment.sudo(), endpoint, {"protocol": "chat", "model": MODEL, **contract})
    as_owner(deployment)._assign_champion(version, "The first version")
    as_owner(deployment).action_start_shadow()
    # Starting shadow asks for all open records; here it begins with those that come.
    env["ai.deployment.batch"].search([("deployment_id", "=", deployment.id)]).sudo().action_cancel()
    return deployment.with_env(env)
