/* Sends what waits, each entry with its key: however often it is sent, the server takes it once. */
(function () {
  "use strict";
  var TIME = 20000;

  function timed(address, options) {
    var stop = new AbortController();
    var timer = setTimeout(function () { stop.abort(); }, TIME);
    return fetch(address, Object.assign({ credentials: "same-origin", redirect: "manual", cache: "no-store", signal: stop.signal }, options))
      .finally(function () { clearTimeout(timer); });
  }

  /* One token for one round of sending; a session that has ended answers with a redirect. */
  function token(home) {
    return timed(home + "/token").then(function (answer) {
      if (answer.type === "opaqueredirect" || answer.status === 401) return { why: "signin" };
      if (answer.status === 404 || answer.status === 403) return { why: "gone" };
      if (!answer.ok) return { why: "again" };
      return answer.json();
    }).catch(function () { return { why: "offline" }; });
  }

  function post(home, row, pass, resolve) {
    var body = JSON.stringify(Object.assign({}, row.envelope, resolve ? { resolve: resolve } : {}));
    return timed(home + "/entries", {
      method: "POST", body: body, headers: { "Content-Type": "application/json", "X-CSRFToken": pass.token, Accept: "application/json" }
    }).then(function (answer) {
      if (answer.type === "opaqueredirect") return { why: "signin" };
      if (answer.status === 404) return { why: "gone" };
      if ((answer.headers.get("Content-Type") || "").indexOf("application/json") !== 0) return { why: "again" };
      return answer.json();
    }).catch(function () { return { why: "offline" }; });
  }

  /* Take one entry to the server and note what became of it. An entry leaves the phone only when it is taken. */
  function one(home, row, pass, resolve) {
    return post(home, row, pass, resolve).then(function (told) {
      if (told.state === "saved") return Kept.store.drop("queue", row.id).then(function () { return told; });
      if (told.why) return told;
      row.state = told.state === "refused" ? "refused" : "conflict";
      return Kept.store.put("queue", row).then(function () { return told; });
    });
  }

  /* Returns {left, why, saved}: what still waits, why, and how many were taken. */
  function round(home) {
    var result = { left: 0, why: "", saved: 0 };
    return Kept.store.all("queue").then(function (rows) {
      var waiting = rows.filter(function (row) { return row.state === "waiting"; });
      waiting.sort(function (a, b) { return a.at < b.at ? -1 : 1; });
      if (!waiting.length) return result;
      return token(home).then(function (pass) {
        if (pass.why) { result.why = pass.why; return result; }
        var own = waiting.filter(function (row) { return row.envelope.account === pass.account; });
        if (own.length < waiting.length) result.why = "other";
        return own.reduce(function (before, row) {
          return before.then(function () {
            if (result.why && result.why !== "other") return null;
            return one(home, row, pass).then(function (told) {
              if (told.state === "saved") result.saved += 1;
              else if (told.why) result.why = told.why;
            });
          });
        }, Promise.resolve()).then(function () { return result; });
      });
    }).then(function () {
      return Kept.store.all("queue").then(function (rows) { result.left = rows.length; return result; });
    });
  }

  /* Two tabs and the service worker do not send at the same time where the browser can keep them apart. */
  function send(home) {
    if (!Kept.able) return Promise.resolve({ left: 0, why: "", saved: 0 });
    if (!self.navigator || !navigator.locks) return round(home);
    return navigator.locks.request("yuanqiao-send", function () { return round(home); });
  }

  /* Ask about one entry: the answer holds both versions, or what to put right. */
  function ask(home, row, resolve) {
    return token(home).then(function (pass) {
      if (pass.why) return pass;
      if (pass.account !== row.envelope.account) return { why: "other" };
      return one(home, row, pass, resolve);
    });
  }

  self.Sending = { send: send, ask: ask };
})();
