"""Messages, activities that were done and meetings of leads, as they come, change and go: their scores are noted.

What counts is what the course of a lead counts (`LeadCourse`): no tracking note. A meeting that is still to come
changes until when the score of its lead holds. Where no deployment reads the course, this costs no query; where one
does, one per call, and two for a change.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from odoo.api import Environment
from odoo.models import BaseModel

from ..features import course
from . import noting
from .lead_course import OF_A_MEETING, LeadCourse

LEADS = "crm.lead"
WRITTEN_ON_A_MEETING = frozenset({*OF_A_MEETING, "start_date", "allday"})  # what `start` is computed from, too


def note_new_messages(messages: BaseModel) -> None:
    """Note the leads of messages that were just created."""
    if _reads(messages.env, course.OF_MESSAGES):
        note_messages(messages.sudo().filtered(lambda message: message.model == LEADS))


def note_messages(messages: BaseModel) -> None:
    """Note the leads of messages, which are new or about to go."""
    if messages.ids and _reads(messages.env, course.OF_MESSAGES):
        noting.note_course(messages.env[LEADS], _course(messages.env).told_by(messages.ids))


@contextmanager
def messages_followed(messages: BaseModel, names: Collection[str]) -> Iterator[None]:
    """Note the leads of messages before and after the block, which writes the fields `names`."""
    follows = not set(course.OF_A_MESSAGE).isdisjoint(names)
    if follows:
        note_messages(messages)
    yield
    if follows:
        note_messages(messages)


def note_new_meetings(events: BaseModel) -> None:
    """Note the leads of meetings that were just created."""
    note_meetings(events.sudo().filtered("opportunity_id"))


def note_meetings(events: BaseModel) -> None:
    """Note the leads of meetings that count, which are new or about to go."""
    if events.ids and _reads(events.env, (course.MEETINGS,)):
        _note(events.env, _meetings(events))


@contextmanager
def meetings_followed(events: BaseModel, names: Collection[str]) -> Iterator[None]:
    """Note the leads for which meetings count since the block, no more or from another moment on.

    :param names: fields that the block writes
    """
    if WRITTEN_ON_A_MEETING.isdisjoint(names) or not _reads(events.env, (course.MEETINGS,)):
        yield
        return
    before = _meetings(events)
    yield
    _note(events.env, before ^ _meetings(events))


def _reads(env: Environment, measures: Collection[str]) -> bool:
    return not noting.course_noted(env[LEADS]).isdisjoint(measures)


def _meetings(events: BaseModel) -> set[tuple[int, int, datetime | None]]:
    return _course(events.env).meetings(events.ids)


def _note(env: Environment, meetings: set[tuple[int, int, datetime | None]]) -> None:
    held = {lead_id for _event_id, lead_id, comes in meetings if comes is None}
    if held:
        noting.note_course(env[LEADS], {course.MEETINGS: held})
    if planned := {lead_id for _event_id, lead_id, comes in meetings if comes is not None}:
        noting.note_planned(env[LEADS], course.MEETINGS, planned)


def _course(env: Environment) -> LeadCourse:
    return LeadCourse(env[LEADS].sudo())
