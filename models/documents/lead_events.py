"""Messages, activities that were done and meetings of leads, as they come, change and go: their scores are noted.

What counts is what the course of a lead counts (`LeadCourse`): no tracking note, no meeting that is still to come.
Where no deployment reads the course, this costs no query; where one does, one per call, and two for a change.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from odoo.api import Environment
from odoo.models import BaseModel

from ..features import course
from . import noting
from .lead_course import LeadCourse

LEADS = "crm.lead"
OF_A_MEETING = frozenset({"opportunity_id", "active", "start", "start_date", "allday"})


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
    """Note the leads of meetings that were just created and have begun."""
    note_meetings(events.sudo().filtered("opportunity_id"))


def note_meetings(events: BaseModel) -> None:
    """Note the leads of meetings that count by now, which are new or about to go."""
    if events.ids and _reads(events.env, (course.MEETINGS,)):
        _note(events.env, _held(events))


@contextmanager
def meetings_followed(events: BaseModel, names: Collection[str]) -> Iterator[None]:
    """Note the leads for which meetings count since the block, or no more; it writes the fields `names`."""
    if OF_A_MEETING.isdisjoint(names) or not _reads(events.env, (course.MEETINGS,)):
        yield
        return
    before = _held(events)
    yield
    _note(events.env, before ^ _held(events))


def _reads(env: Environment, measures: Collection[str]) -> bool:
    return not noting.course_noted(env[LEADS]).isdisjoint(measures)


def _held(events: BaseModel) -> set[tuple[int, int]]:
    return _course(events.env).held(events.ids)


def _note(env: Environment, meetings: set[tuple[int, int]]) -> None:
    if meetings:
        noting.note_course(env[LEADS], {course.MEETINGS: {lead_id for _event_id, lead_id in meetings}})


def _course(env: Environment) -> LeadCourse:
    return LeadCourse(env[LEADS].sudo())
