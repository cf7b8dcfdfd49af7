//! Answers, a line or an object each.

use serde_json::{Value, json};

use super::asked::{Answer, Otherwise};
use crate::diagnostic::visible;
use crate::pattern::Request;

/// What is told of one request.
pub(super) type Told<'r> = Result<(Answer, &'r Request), String>;

pub(super) fn human(told: &Told<'_>) -> String {
    let (answer, request) = match told {
        Ok(told) => told,
        Err(error) => return format!("unread\t\t{error}\n"),
    };
    let by: Vec<String> = answer.by.iter().map(|(product, line)| format!("{product} by {line}")).collect();
    let by = if by.is_empty() { "no line allows it".to_owned() } else { by.join(", ") };
    let route = answer.route.as_ref().map_or(String::new(), |route| format!(", route {}", visible(route)));
    let others: String = answer.otherwise.iter().map(other).collect();
    format!("{}\t{request}\t{by}{route}{others}\n", answer.verdict)
}

fn other(other: &Otherwise) -> String {
    let Otherwise { product, form, by } = other;
    match by {
        Some(line) => format!("; otherwise {form}: {product} by {line}"),
        None => format!("; otherwise {form}: no {product}"),
    }
}

pub(super) fn to_json(told: &Told<'_>) -> Value {
    let (answer, request) = match told {
        Ok(told) => told,
        Err(error) => return json!({"verdict": "unread", "error": error}),
    };
    let mut said = json!({"request": request.to_string(), "verdict": answer.verdict, "by": answer.by});
    if let Some(route) = &answer.route {
        said["route"] = json!(route);
    }
    if !answer.otherwise.is_empty() {
        let other = |other: &Otherwise| json!({"product": other.product, "form": other.form, "by": other.by});
        said["otherwise"] = answer.otherwise.iter().map(other).collect();
    }
    said
}
