"""Every failure a client may see: its text, its SQLSTATE and what kind of answer it becomes.

A failure is raised where it is known and turned into an answer in one place (`web/responses.py`). Texts are KWDB's where
KWDB has one (facts, section 8). One file a topic; everything is imported from here.
"""

from kwrest.errors.access import *
from kwrest.errors.alterations import *
from kwrest.errors.base import *
from kwrest.errors.constraints import *
from kwrest.errors.definitions import *
from kwrest.errors.expressions import *
from kwrest.errors.names import *
from kwrest.errors.queries import *
from kwrest.errors.requests import *
from kwrest.errors.series import *
from kwrest.errors.settings import *
from kwrest.errors.storage import *
from kwrest.errors.syntax import *
from kwrest.errors.writes import *
