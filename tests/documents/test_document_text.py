"""Text of the document behind a record: of texts and PDFs, and empty where there is none."""

import io

from reportlab.pdfgen import canvas

from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.documents.document_text import document_of, document_texts


@tagged("post_install", "-at_install")
class TestDocumentText(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill, cls.other = cls.env["account.move"].create([{"move_type": "in_invoice"}] * 2)

    def attach(self, record, raw, name="bill.txt", mimetype="text/plain"):
        about = {"res_model": record._name, "res_id": record.id}
        return self.env["ir.attachment"].create({"name": name, "raw": raw, "mimetype": mimetype, **about})

    def text(self, record=None):
        return document_texts(record or self.bill)[(record or self.bill).id]

    def pdf(self, *pages):
        content = io.BytesIO()
        page = canvas.Canvas(content)
        for text in pages:
            page.drawString(100, 700, text)
            page.showPage()
        page.save()
        return content.getvalue()

    def test_a_text_and_a_pdf_are_read(self):
        self.attach(self.bill, "Größe 12".encode())
        self.assertEqual(self.text(), "Größe 12")
        self.attach(self.bill, self.pdf("Invoice 7", "Page two"), "bill.pdf", "application/pdf")
        self.assertIn("Invoice 7", self.text())
        self.assertIn("Page two", self.text())

    def test_the_main_attachment_comes_before_the_latest_one(self):
        main = self.attach(self.bill, b"main")
        self.attach(self.bill, b"later")
        self.assertEqual(self.text(), "later")
        self.bill.message_main_attachment_id = main
        self.assertEqual(self.text(), "main")
        self.assertFalse(document_of(self.other))

    @mute_logger("pypdf._reader")
    def test_what_has_no_text_or_is_damaged_is_empty(self):
        self.assertEqual(self.text(), "")
        for raw, kind in (
            (b"%PDF-1.4 damaged", "application/pdf"),
            (self.pdf(""), "application/pdf"),
            (b"\x89PNG", "image/png"),
            (b"PK", "application/zip"),
            (b"  \0 ", "text/plain"),
        ):
            with self.subTest(kind=kind, raw=raw[:20]):
                self.attach(self.bill, raw, "x", kind)
                self.assertEqual(self.text(), "")

    def test_a_long_text_is_cut(self):
        self.attach(self.bill, b"x" * 30_000)
        self.assertEqual(len(self.text()), 20_000)
