//! The asks of a backend: what to request, and what the fixture of the answer is called.
//!
//! ```text
//! # A comment.
//! == matrix_buckets                  the fixture's name
//! ask: query_range                   the client's function that reads such an answer
//! grid: 1767225660 1767225780 60     goes into the fixture, and as start, end and step into the request
//! at: live                           the server's setting; the first one when this is not said
//! since: 3.0                         the first version that is asked; `before` is the first that is not
//! varying: trace                     what else differs from run to run (see `normal`)
//! POST /api/v1/query_range           the request
//! query=sum by (le) (rate(x[45s]))   parameters, as they are meant: they are encoded here
//! X-Header: value                    headers
//! | {"json": "body"}                 lines of a body, instead of a form of the parameters
//! ```

use super::CaptureError;
use super::web::{Request, encoded};

/// One request and the fixture it makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    pub name: String,
    pub function: String,
    pub grid: Option<String>,
    pub at: Option<String>,
    pub since: Option<String>,
    pub before: Option<String>,
    pub varying: Vec<String>,
    pub request: Request,
}

impl Ask {
    pub fn is_for(&self, version: &str) -> bool {
        let asked = numbers(version);
        self.since.as_deref().is_none_or(|since| asked >= numbers(since))
            && self.before.as_deref().is_none_or(|before| asked < numbers(before))
    }
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|number| number.parse().unwrap_or(0)).collect()
}

/// Reads a file of asks; `file` is its name for messages.
pub fn asks(file: &str, text: &str) -> Result<Vec<Ask>, CaptureError> {
    let mut asks = Vec::new();
    let mut draft: Option<Draft> = None;
    for (index, line) in text.lines().enumerate() {
        let fail = |reason: String| CaptureError::Asks { file: file.to_owned(), line: index + 1, reason };
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        if let Some(name) = line.strip_prefix("== ") {
            asks.extend(draft.take().map(Draft::finish).transpose().map_err(fail)?);
            draft = Some(Draft { name: name.trim().to_owned(), ..Draft::default() });
            continue;
        }
        let current = draft.as_mut().ok_or_else(|| fail("this stands before the first \"== name\"".into()))?;
        current.read(line).map_err(fail)?;
    }
    let fail = |reason: String| CaptureError::Asks { file: file.to_owned(), line: text.lines().count(), reason };
    asks.extend(draft.map(Draft::finish).transpose().map_err(fail)?);
    Ok(asks)
}

#[derive(Default)]
struct Draft {
    name: String,
    function: String,
    grid: Option<String>,
    at: Option<String>,
    since: Option<String>,
    before: Option<String>,
    varying: Vec<String>,
    method_and_path: Option<(String, String)>,
    parameters: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: String,
}

impl Draft {
    fn read(&mut self, line: &str) -> Result<(), String> {
        if self.method_and_path.is_none() {
            if let Some((method, path)) = line.split_once(" /") {
                self.method_and_path = Some((method.to_owned(), format!("/{path}")));
                return Ok(());
            }
            let (key, value) = line.split_once(':').ok_or("neither `key: value` nor a request")?;
            let value = value.trim();
            match key {
                "ask" => value.clone_into(&mut self.function),
                "grid" => self.grid = Some(value.to_owned()),
                "at" => self.at = Some(value.to_owned()),
                "since" => self.since = Some(value.to_owned()),
                "before" => self.before = Some(value.to_owned()),
                "varying" => self.varying = value.split(' ').map(str::to_owned).collect(),
                other => return Err(format!("there is no key {other:?}")),
            }
            return Ok(());
        }
        if let Some(body) = line.strip_prefix("| ") {
            self.body.push_str(body);
            self.body.push('\n');
            return Ok(());
        }
        let at = line.find(['=', ':']).ok_or("neither a parameter, nor a header, nor a body")?;
        let (name, value) = line.split_at(at);
        let value = value.get(1..).unwrap_or_default();
        if line.get(at..).is_some_and(|rest| rest.starts_with('=')) {
            self.parameters.push((name.to_owned(), value.to_owned()));
        } else {
            self.headers.push((name.to_owned(), value.trim().to_owned()));
        }
        Ok(())
    }

    fn finish(self) -> Result<Ask, String> {
        let Self {
            name,
            function,
            grid,
            at,
            since,
            before,
            varying,
            method_and_path,
            mut parameters,
            mut headers,
            body,
        } = self;
        let (method, mut path_and_query) = method_and_path.ok_or_else(|| format!("{name} has no request"))?;
        if function.is_empty() {
            return Err(format!("{name} does not say which function reads it (`ask: …`)"));
        }
        if let Some(grid) = &grid {
            let names = ["start", "end", "step"];
            parameters.extend(names.iter().zip(grid.split(' ')).map(|(name, value)| ((*name).into(), value.into())));
        }
        let form: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let form = form.join("&");
        let is_form_body = method == "POST" && body.is_empty();
        if !is_form_body && !form.is_empty() {
            path_and_query = format!("{path_and_query}?{form}");
        }
        if method == "POST" && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            let kind = if is_form_body { "application/x-www-form-urlencoded" } else { "application/json" };
            headers.push(("content-type".into(), kind.into()));
        }
        let body = if is_form_body { form } else { body };
        let request = Request { method, path_and_query, headers, body: body.into_bytes() };
        Ok(Ask { name, function, grid, at, since, before, varying, request })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_parameters_headers_and_bodies() {
        let text = "# c\n== a\nask: query_range\ngrid: 0 60 15\nsince: 3.0\nGET /q\nquery=x{a=\"b\"} == 1\nX-Flag: on\n\n\
                    == b\nask: f\nat: live\nPOST /f\nq=1 2\n== c\nask: f\nPOST /f\nsize=1\n| {\n| }\n";
        let found = asks("t", text).unwrap();
        let requests: Vec<_> = found.iter().map(|ask| &ask.request).collect();
        assert_eq!(requests[0].path_and_query, "/q?query=x%7Ba%3D%22b%22%7D%20%3D%3D%201&start=0&end=60&step=15");
        assert_eq!(requests[0].headers, [("X-Flag".to_owned(), "on".to_owned())]);
        assert_eq!((requests[1].path_and_query.as_str(), requests[1].body.as_slice()), ("/f", &b"q=1%202"[..]));
        assert_eq!((requests[2].path_and_query.as_str(), requests[2].body.as_slice()), ("/f?size=1", &b"{\n}\n"[..]));
        assert!(found[0].is_for("3.16") && !found[0].is_for("2.42") && found[1].is_for("2.42"));
        assert_eq!(found[1].at.as_deref(), Some("live"));
    }

    #[test]
    fn says_in_which_line_a_mistake_is() {
        for (text, expected) in [
            ("x\n", "t, line 1: this stands before the first \"== name\""),
            ("== a\n\nodd: 1\n", "t, line 3: there is no key \"odd\""),
            ("== a\nask: f\n== b\n", "t, line 3: a has no request"),
            ("== a\nGET /x\n", "t, line 2: a does not say which function reads it (`ask: …`)"),
        ] {
            assert_eq!(asks("t", text).unwrap_err().to_string(), expected);
        }
    }
}
