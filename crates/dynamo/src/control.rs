//! The node's control subject: what others may ask of it, heard on the secondary.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::distributed::DistributedRuntime;
use crate::health::Health;
use crate::messaging::{ERROR_HEADER, Message, MessagingError, Subscription};

/// The subject on which the node `id` hears commands: `ping`, `drain` and `shutdown`.
pub(crate) fn subject(namespace: &str, id: &str) -> String {
    format!("{namespace}.node.{id}.control")
}

/// Subscribes to the control subject, and answers it until the main token ends it.
pub(crate) async fn start(
    distributed: &DistributedRuntime,
    health: &Health,
) -> Result<(), MessagingError> {
    let runtime = distributed.runtime();
    let subject = subject(&runtime.config().node_namespace(), runtime.id());
    let commands = distributed.messaging().subscribe(&subject, None).await?;
    let (token, service) =
        (runtime.primary_token(), answer_all(distributed.clone(), health.clone(), commands));
    runtime.spawn_service(async move {
        token.run_until_cancelled(service).await;
    });
    Ok(())
}

async fn answer_all(distributed: DistributedRuntime, health: Health, mut commands: Subscription) {
    let messaging = Arc::clone(distributed.messaging());
    while let Some(command) = commands.next().await {
        let answer = obey(&distributed, &health, &command.payload);
        let Some(reply) = command.reply else { continue };
        let message = match answer {
            Ok(value) => Message::new(reply, value.to_string()),
            Err(error) => {
                let mut message = Message::new(reply, "");
                message.headers.insert(ERROR_HEADER.to_owned(), error);
                message
            }
        };
        // Whoever asked may have given up, and then nobody is there to be told.
        let _ = messaging.publish(message).await;
    }
}

fn obey(
    distributed: &DistributedRuntime,
    health: &Health,
    command: &[u8],
) -> Result<Value, String> {
    let runtime = distributed.runtime();
    match command {
        b"ping" => Ok(health.health_json().1),
        b"drain" => {
            runtime.endpoint_shutdown_token().cancel();
            Ok(json!({ "draining": runtime.in_flight().len() }))
        }
        b"shutdown" => {
            runtime.shutdown();
            Ok(json!({ "shutting_down": true }))
        }
        other => {
            let other = String::from_utf8_lossy(other);
            Err(format!("{other:?} is no command; there are ping, drain and shutdown"))
        }
    }
}
