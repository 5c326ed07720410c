from . import alerting, gate, governance, health, review, routing, training
