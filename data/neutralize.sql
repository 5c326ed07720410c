-- a copy calls nobody: no webhook, nothing that waited to be told, no host that may be called
UPDATE ai_deployment_channel
   SET active = false
 WHERE kind = 'webhook';
DELETE FROM ai_deployment_message
 WHERE state = 'pending';
DELETE FROM ir_config_parameter
 WHERE key IN ('ai_deployment.allowed_hosts', 'ai_deployment.health_token_sha256');
