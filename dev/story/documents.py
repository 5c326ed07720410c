"""The fourth deployment: the language model reads the documents of vendor bills, and accountants what it cannot.

Some of the drafts of the last weeks have their document: most like any other, one with a reference that can hardly be
read, one of a vendor that nobody knows, one in another language and one that is a picture without a text.
"""

import io

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from odoo.addons.ai_deployment.models.tools import clock

from lib.language_model import SMUDGED

from .language_task import declare_task, served, served_address
from .teams import of_teams

READING = "What stands on a bill"
EVENING = 18 * 60
PROMPT = (
    "You read the bills of the vendors of a firm that makes pumps. Give the vendor by its name, the vendor's "
    "reference, the date and the total. If the document is in another language or looks like no bill that you know, "
    "say so."
)
ANSWERS = {
    "partner_id": ("Vendor", "[('supplier_rank', '>', 0)]"),
    "ref": ("Vendor's reference", "[]"),
    "invoice_date": ("Date of the bill", "[]"),
    "amount_total": ("Total", "[]"),
}
ORDINARY, UNSURE, UNKNOWN, FOREIGN, SCANNED = "ordinary", "unsure", "unknown vendor", "foreign", "scanned"
KINDS = [ORDINARY, ORDINARY, ORDINARY, UNSURE, UNKNOWN, FOREIGN, SCANNED]


def tell(env, days):
    """Declare it, give drafts their documents, and let it read them on the last evening."""
    endpoint = of_teams(env).champion_id.endpoint_id
    with served(env) as server:
        endpoint.address = server.address("chat")
        deployment = of_documents(env) or _declare(env, days, endpoint)
        with clock.at(days.at(days.count - 1, EVENING)):
            bills = _bills(env)
            for bill, kind in zip(bills, KINDS, strict=False):
                _attach(bill, kind)
            env["ai.deployment.batch"]._ask(deployment.sudo(), bills.ids)
            env.cr.commit()
            env["ai.deployment.batch.chunk"].with_context(lang="en_US")._cron_work()
            env["ai.deployment.review"]._cron_assign()
    endpoint.address = served_address()


def of_documents(env):
    return env["ai.deployment"].search([("name", "=", READING)])


def _declare(env, days, endpoint):
    answers = [
        (0, 0, {"key": key, "name": name, "domain": allowed, "sequence": place})
        for place, (key, (name, allowed)) in enumerate(ANSWERS.items())
    ]
    with clock.at(days.at(days.count - 1, EVENING)):
        return declare_task(
            env,
            days,
            {
                "name": READING,
                "purpose": "Reads the document of a vendor bill and proposes vendor, reference, date and total, so "
                "that an error in typing is noticed before the bill is posted. It proposes only.",
                "model_id": env["ir.model"]._get_id("account.move"),
                "method": "extract",
                "review_hours": 24,
                "answer_field_ids": answers,
            },
            {"owner": "helen", "deputy": "luis", "reviewers": ["anna", "luis"]},
            [("move_type", "Type", {})],
            endpoint,
            {"inputs": {"move_type": "type"}, "prompt": PROMPT, "document": "text"},
        )


def _bills(env):
    """The latest drafts that a document can be written for."""
    known = [("partner_id", "!=", False), ("ref", "!=", False), ("invoice_date", "!=", False), ("amount_total", ">", 0)]
    return env["account.move"].search(
        [("move_type", "=", "in_invoice"), ("state", "=", "draft"), ("company_id", "=", env.company.id), *known],
        order="id desc",
        limit=len(KINDS),
    )


def _attach(bill, kind):
    name = f"{bill.ref}.pdf".replace("/", "-")
    about = {"name": name, "raw": _pdf(_lines(bill, kind), kind), "mimetype": "application/pdf"}
    bill.message_main_attachment_id = bill.env["ir.attachment"].create(
        {**about, "res_model": bill._name, "res_id": bill.id}
    )


def _lines(bill, kind):
    vendor = "Northlake Fasteners" if kind == UNKNOWN else bill.partner_id.name
    if kind == FOREIGN:
        return [
            vendor,
            "",
            "Rechnung",
            f"Nummer: {bill.ref}",
            f"Datum: {bill.invoice_date:%d.%m.%Y}",
            "",
            "Betrag: siehe unten",
        ]
    return [
        vendor,
        "",
        "INVOICE",
        f"Invoice: {bill.ref}" + (f"   {SMUDGED}" if kind == UNSURE else ""),
        f"Date: {bill.invoice_date}",
        f"Bill to: {bill.company_id.name}",
        "",
        *(f"{line.name or 'Goods'}   {line.price_subtotal:,.2f}" for line in bill.invoice_line_ids),
        "",
        f"Total: {bill.amount_total:,.2f} {bill.currency_id.name}",
    ]


def _pdf(lines, kind):
    """A page with these lines; of a scan, a grey page without a text."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4, invariant=True)
    if kind == SCANNED:
        canvas.setFillGray(0.85)
        canvas.rect(60, 500, 400, 260, fill=True, stroke=False)
    else:
        text = canvas.beginText(72, 760)
        text.setFont("Helvetica", 12)
        text.setLeading(20)
        for line in lines:
            text.textLine(line)
        canvas.drawText(text)
    canvas.save()
    return target.getvalue()
