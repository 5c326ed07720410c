from . import alerting, endpoints, gate, governance, health, review, routing, training
