from . import alerting, endpoints, gate, governance, health, resilience, review, routing, training
