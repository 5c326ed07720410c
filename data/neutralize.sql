-- a copy tells nobody: no webhook, no mail, nothing that waited to be told, no host that may be called
UPDATE ai_deployment_channel
   SET active = false
 WHERE kind <> 'activity';
UPDATE mail_mail
   SET state = 'cancel'
 WHERE state = 'outgoing'
   AND id IN (SELECT mail_mail_id FROM ai_deployment_message_mail_rel);
DELETE FROM ai_deployment_message
 WHERE state IN ('pending', 'handed');
-- with them goes the memory of which database told people last: this one is a copy and knows it
DELETE FROM ir_config_parameter
 WHERE key IN ('ai_deployment.allowed_hosts', 'ai_deployment.health_token_sha256', 'ai_deployment.database');
