"""Text of the document behind a record: its main attachment, else the latest one, as a model can read it.

Texts and PDFs with text are read, at most ten pages; a scan has none. What cannot be read is an empty text, never an
error: a document that nobody can read goes to a person.
"""

import io
import logging

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools.pdf import PdfReader

_logger = logging.getLogger(__name__)

LONGEST = 20_000  # characters
MOST_PAGES = 10  # that are read of an attachment
MOST_BYTES = 20 * 1024 * 1024  # of an attachment that is read
TEXTS = ("text/plain", "text/csv", "text/xml", "application/xml", "application/json")


def document_of(record: BaseModel) -> BaseModel:
    """Return the attachment that is the document of `record`, with the rights of its environment; none if none."""
    attachments = record.env["ir.attachment"]
    if "message_main_attachment_id" in record._fields and record.message_main_attachment_id:
        return record.message_main_attachment_id
    about = Domain("res_model", "=", record._name) & Domain("res_id", "=", record.id)
    return attachments.search(about & Domain("res_field", "=", False), order="id desc", limit=1)


def document_texts(records: BaseModel) -> dict[int, str]:
    """Return the text of the document of each of `records`, empty where there is none: {record id: text}.

    :param records: of a document model, in sudo
    """
    return {record.id: text_of_attachment(document_of(record)) for record in records}


def text_of_attachment(attachment: BaseModel) -> str:
    """Return the text of one attachment; empty where it has none that can be read."""
    kind = (attachment.mimetype or "").split(";")[0]
    if not attachment or attachment.type != "binary" or attachment.file_size > MOST_BYTES:
        return ""
    content = attachment.raw or b""
    if kind in TEXTS:
        text = content.decode("utf-8", "replace")
    elif kind == "application/pdf":
        text = _text_of_pdf(content)
    else:
        text = ""
    return text.replace("\0", "").strip()[:LONGEST]


def _text_of_pdf(content: bytes) -> str:
    try:
        pages = PdfReader(io.BytesIO(content), strict=False).pages[:MOST_PAGES]
        return "\n".join(page.extract_text() or "" for page in pages)
    except Exception as error:  # noqa: BLE001 - a damaged file can fail in any way, and is one without a text
        _logger.info("A PDF cannot be read: %s", type(error).__name__)
        return ""
