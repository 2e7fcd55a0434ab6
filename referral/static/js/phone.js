/* The pages of the phone: everything is written down here first, then sent. Without scripts the forms are plain forms. */
(function () {
  "use strict";
  if (!self.Kept || !Kept.able) return;
  var DAY = 24 * 3600 * 1000, SIDE = 1024;
  var home = meta("phone-home"), facts = { account: meta("phone-account"), point: meta("phone-point") };
  var isShell = !facts.account;

  function meta(name) {
    var found = document.querySelector('meta[name="' + name + '"]');
    return found ? found.content : "";
  }
  function word(name) { return (self.WORDS || {})[name] || name; }
  function by(id) { return document.getElementById(id); }
  function make(kind, text, name) {
    var one = document.createElement(kind);
    if (text) one.textContent = text;
    if (name) one.className = name;
    return one;
  }
  function button(text, act, name) {
    var one = make("button", text, "btn small " + (name || ""));
    one.type = "button";
    one.addEventListener("click", act);
    return one;
  }
  function here(moment) { return moment.toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" }).replace(" ", "T").slice(0, 16); }
  function clock(at) { return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" }); }

  /* Network and queue */

  function net() { by("net").hidden = navigator.onLine; }

  function say(text, tone) {
    var note = make("div", "", "note " + (tone || "success"));
    note.append(make("div", text));
    document.querySelector(".flashes").append(note);
  }

  function draw(why) {
    return Kept.store.all("queue").then(function (rows) {
      rows.sort(function (a, b) { return a.at < b.at ? -1 : 1; });
      by("queue").hidden = !rows.length;
      by("queue-count").textContent = rows.length;
      by("queue-why").textContent = why ? word(why) : "";
      var list = by("queue-list");
      list.textContent = "";
      rows.forEach(function (row) {
        var line = make("li");
        line.dataset.state = row.state;
        line.append(make("span", clock(row.at), "num"), make("span", word(row.state), "tag " + (row.state === "waiting" ? "" : "warning")));
        if (row.state !== "waiting") line.append(button(word("look"), function () { look(row, line); }));
        list.append(line);
      });
      return rows;
    });
  }

  var again = null;
  function send() {
    return Sending.send(home).then(function (result) {
      return draw(result.why).then(function () {
        clearTimeout(again);
        if (result.left && result.why !== "signin") again = setTimeout(send, 20000);
        return result;
      });
    });
  }

  function later() {
    if (navigator.serviceWorker && navigator.serviceWorker.controller) {
      navigator.serviceWorker.ready.then(function (one) { if (one.sync) return one.sync.register("yuanqiao-send"); }).catch(function () {});
    }
  }

  /* Both versions of an entry that does not fit, as the server sees them now; nothing of it is kept here. */
  function look(row, line) {
    Sending.ask(home, row).then(function (told) {
      if (told.state === "saved") { say(told.title); return draw(); }
      if (told.why) return draw(told.why);
      var box = make("div", "", "clash");
      box.append(make("h3", told.title), make("p", told.text));
      (told.clashes || []).forEach(function (one) {
        box.append(make("h4", one.title));
        var both = make("div", "", "versions");
        [["mine", one.mine], ["theirs", one.theirs]].forEach(function (side) {
          if (!side[1].length) return;
          var part = make("div"), list = make("dl");
          part.append(make("h5", word(side[0])), list);
          side[1].forEach(function (pair) {
            var two = make("div");
            two.append(make("dt", pair[0]), make("dd", pair[1]));
            list.append(two);
          });
          both.append(part);
        });
        box.append(both);
      });
      var acts = make("div", "", "acts");
      function decide(how) { return function () { Sending.ask(home, row, how).then(function (next) { if (next.state === "saved") say(next.title); box.remove(); draw(next.why); }); }; }
      if (told.choices && told.choices.length) box.append(make("p", word("choose")));
      (told.choices || []).forEach(function (one) { acts.append(button(one[1], decide("target=" + one[0]), "primary")); });
      if (told.may_also) acts.append(button(word("also"), decide("also"), "primary"));
      if (told.fields) acts.append(button(word("edit"), function () { reopen(row, told.fields); }));
      acts.append(button(word("drop"), function () { if (confirm(word("sure"))) Kept.store.drop("queue", row.id).then(function () { box.remove(); draw(); }); }, "danger"));
      box.append(acts);
      Array.prototype.forEach.call(line.parentNode.querySelectorAll(".clash"), function (one) { one.remove(); });
      line.append(box);
    });
  }

  function pathOf(operation, fields) {
    var target = operation === "visit" && fields.target && fields.target[0];
    return home + "/" + (target ? target.replace(":", "/") : operation);
  }
  function reopen(row, fields) {
    var operation = row.envelope.operation, path = pathOf(operation, fields);
    fields.entry_key = [Drafts.text()];
    Kept.lock(fields).then(function (locked) {
      var draft = { id: "d-" + row.id, account: row.envelope.account, path: path, kind: operation, at: Date.now(), locked: locked };
      return Kept.store.move(draft, "drafts", row.id, "queue");
    }).then(function () { location.assign(path); });
  }

  /* Saving */

  function complete(form) {
    var who = form.elements.who, names = form.elements.names;
    if (who && !form.elements.target.value && !who.value.trim()) { who.required = true; }
    if (names && !form.querySelector('input[name="people"]:checked') && !names.value.trim()) names.required = true;
    else if (names) names.required = false;
    var bad = Array.prototype.find.call(form.elements, function (f) { return f.willValidate && !f.checkValidity(); });
    if (!bad) return true;
    var folded = bad.closest("details");
    if (folded) folded.open = true;
    bad.reportValidity();
    bad.focus();
    return false;
  }

  function save(form, event) {
    if (event.submitter && event.submitter.name === "resolve") return;
    if (!facts.account || !facts.point) return;
    event.preventDefault();
    if (form.dataset.busy || !complete(form)) return;
    form.dataset.busy = "yes";
    var fields = Drafts.read(form), operation = form.dataset.entry, key = fields.entry_key[0];
    delete fields.entry_key;
    delete fields.csrf_token;
    if (form.elements.seen) fields.seen = [form.elements.seen.value];
    var at = new Date().toISOString(), content = { fields: fields, written_at: at };
    var draft = form.keeping;
    Kept.seal(content, key, operation, facts.account, facts.point).then(function (envelope) {
      if (draft) draft.over = true;
      return Kept.store.move({ id: key, at: at, state: "waiting", envelope: envelope }, "queue", draft && draft.id, "drafts");
    }).then(function () {
      later();
      var wait = new Promise(function (done) { setTimeout(function () { done({ left: 1 }); }, 4000); });
      return Promise.race([navigator.onLine ? send() : { left: 1 }, wait]);
    }).then(function (result) {
      try { sessionStorage.setItem("phone-said", result.left ? "saved" : "sent"); } catch (error) { /* said by the list */ }
      var ready = navigator.serviceWorker && navigator.serviceWorker.controller;
      if (navigator.onLine || ready) location.assign(home);
      else { say(word("saved")); form.reset(); form.elements.entry_key.value = Drafts.text(); delete form.dataset.busy; draw("offline"); }
    }).catch(function () {
      if (draft) { draft.over = false; draft.dirty = true; draft.save(); }
      delete form.dataset.busy;
      say(word("full"), "danger");
    });
  }

  /* Fields */

  function changed(form) { form.dispatchEvent(new CustomEvent("kept-changed")); }

  function photo(form) {
    var file = form.elements.photo, kept = form.elements.photo_data;
    if (!file || !kept) return;
    var shown = form.querySelector(".photo .seen");
    function show() {
      shown.hidden = !kept.value;
      if (kept.value) shown.querySelector("img").src = kept.value;
    }
    file.addEventListener("change", function () {
      if (!file.files.length) return;
      createImageBitmap(file.files[0], { imageOrientation: "from-image" }).then(function (picture) {
        var scale = Math.min(1, SIDE / Math.max(picture.width, picture.height)), canvas = make("canvas");
        canvas.width = Math.round(picture.width * scale);
        canvas.height = Math.round(picture.height * scale);
        canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
        kept.value = canvas.toDataURL("image/jpeg", 0.7);
        file.value = "";
        show();
        changed(form);
      }).catch(function () { /* not read here: the file itself is sent with the plain form */ });
    });
    form.querySelector('[data-remove="photo_data"]').addEventListener("click", function () { kept.value = ""; show(); changed(form); });
    form.addEventListener("put-back", show);
  }

  function sign(form) {
    var part = form.querySelector(".sign"), kept = form.elements.signature_data;
    if (!part) return;
    part.hidden = false;
    var canvas = part.querySelector("canvas"), pen = canvas.getContext("2d"), drawing = false;
    pen.lineWidth = 4;
    pen.lineCap = pen.lineJoin = "round";
    function at(event) {
      var box = canvas.getBoundingClientRect();
      return [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height];
    }
    canvas.addEventListener("pointerdown", function (event) {
      drawing = true;
      canvas.setPointerCapture(event.pointerId);
      pen.beginPath();
      pen.moveTo.apply(pen, at(event));
    });
    canvas.addEventListener("pointermove", function (event) {
      if (!drawing) return;
      pen.lineTo.apply(pen, at(event));
      pen.stroke();
    });
    canvas.addEventListener("pointerup", function () { drawing = false; kept.value = canvas.toDataURL("image/png"); changed(form); });
    part.querySelector("[data-wipe]").addEventListener("click", function () { pen.clearRect(0, 0, canvas.width, canvas.height); kept.value = ""; changed(form); });
    form.addEventListener("put-back", function () {
      if (!kept.value) return;
      var picture = new Image();
      picture.onload = function () { pen.drawImage(picture, 0, 0); };
      picture.src = kept.value;
    });
  }

  function helpers(form) {
    form.querySelectorAll("[data-now]").forEach(function (one) {
      one.hidden = false;
      one.addEventListener("click", function () {
        var now = new Date(), begin = form.elements.started_at, end = form.elements.ended_at;
        form.elements[one.dataset.now].value = here(now);
        form.elements[one.dataset.mark].value = "1";
        if (end.value < begin.value) end.value = begin.value;
        one.classList.add("done");
        changed(form);
      });
    });
    form.querySelectorAll("[data-ready]").forEach(function (part) {
      part.hidden = false;
      part.addEventListener("click", function (event) {
        var pressed = event.target.closest("button"), field = form.elements[part.dataset.ready];
        if (!pressed) return;
        var text = pressed.textContent.trim();
        field.value = field.value.trim() ? field.value.trim() + " " + text : text;
        changed(form);
      });
    });
    photo(form);
    sign(form);
  }

  /* The people of the day, kept for a day where the worker asks for it */

  function people() {
    return Kept.store.get("people", "list").then(function (row) {
      if (!row) return [];
      if (row.until < Date.now() || row.account !== facts.account) return Kept.store.clear("people").then(function () { return []; });
      return Kept.unlock(row.locked);
    }).catch(function () { return []; });
  }
  function fetchPeople() {
    return fetch(home + "/people", { credentials: "same-origin", redirect: "manual", cache: "no-store" }).then(function (answer) {
      if (!answer.ok) return null;
      return answer.json().then(function (told) {
        return Kept.lock(told.people.slice(0, 20)).then(function (locked) {
          return Kept.store.put("people", { id: "list", account: told.account, until: Date.now() + DAY, locked: locked });
        });
      });
    }).catch(function () { return null; });
  }
  function optIn() {
    var part = by("keep");
    if (!part) return;
    part.hidden = false;
    var box = by("keep-people"), id = "keep-" + facts.account;
    Kept.store.get("meta", id).then(function (row) {
      box.checked = !!row;
      if (row) fetchPeople();
    });
    box.addEventListener("change", function () {
      (box.checked ? Kept.store.put("meta", { id: id }).then(fetchPeople) : Kept.store.drop("meta", id).then(function () { return Kept.store.clear("people"); }));
    });
  }

  /* The page that stands in */

  function part(found) {
    var path = location.pathname.slice(home.length).replace(/^\/+/, "");
    var person = /^(people|referrals)\/([0-9a-f-]{36})$/.exec(path);
    var name = person ? "visit" : ["visit", "group", "lead"].indexOf(path) >= 0 ? path : "day";
    document.querySelectorAll(".part").forEach(function (one) { one.hidden = one.id !== "part-" + name; });
    document.querySelectorAll(".pbar a").forEach(function (one) { if (one.dataset.part === name) one.setAttribute("aria-current", "page"); else one.removeAttribute("aria-current"); });
    document.querySelector("h1").textContent = by("part-" + name).getAttribute("aria-label");
    var now = new Date();
    document.querySelectorAll("form[data-entry]").forEach(function (form) {
      if (!form.elements.started_at || (form.keeping && form.keeping.found)) return;
      form.elements.ended_at.value = here(now);
      form.elements.started_at.value = here(new Date(now - 30 * 60000));
    });
    if (person) {
      var target = person[1] + ":" + person[2], form = document.querySelector("#part-visit form");
      form.elements.target.value = target;
      form.elements.who.closest(".field").hidden = true;
      var one = found.filter(function (p) { return p.target === target; })[0];
      if (one) {
        form.elements.seen.value = one.seen;
        by("about").textContent = [one.name, one.village, one.promise && word("promise") + ": " + one.promise].filter(Boolean).join(" · ");
      }
    }
    by("no-people").hidden = !!found.length;
    found.forEach(function (p) {
      var line = make("li"), link = make("a", "", "stop"), what = make("span", "", "what");
      link.href = home + "/" + p.target.replace(":", "/");
      what.append(make("strong", p.name), make("small", [p.village, p.last && word("last") + " " + p.last].filter(Boolean).join(" · ")));
      if (p.promise) what.append(make("small", p.promise, "promise"));
      link.append(make("span", p.name.slice(0, 1), "av big"), what);
      if (p.risk) link.append(make("span", p.risk, "tag"));
      line.append(link);
      by("people").append(line);
      var tick = make("div", "", "tick"), box = make("input"), label = make("label", p.name);
      box.type = "checkbox";
      box.name = "people";
      box.value = p.target;
      box.id = "came-" + p.target.slice(-12);
      label.htmlFor = box.id;
      tick.append(box, label);
      by("came").hidden = false;
      by("came").querySelector(".came").append(tick);
    });
  }

  function begin() {
    var said = null;
    try { said = sessionStorage.getItem("phone-said"); sessionStorage.removeItem("phone-said"); } catch (error) { /* no storage */ }
    if (said) say(word(said), said === "sent" ? "success" : "info");
    net();
    window.addEventListener("online", function () { net(); send(); });
    window.addEventListener("offline", net);
    document.addEventListener("visibilitychange", function () { if (!document.hidden) send(); });
    by("queue-send").addEventListener("click", send);
    document.querySelectorAll("form[data-entry]").forEach(helpers);
    if (!isShell) optIn();
    if (navigator.onLine) send(); else draw("offline");
  }

  /* Forms are caught before anything else hears of them. */
  document.addEventListener("submit", function (event) {
    if (event.target.dataset && event.target.dataset.entry) save(event.target, event);
  }, true);

  var known = isShell
    ? Kept.store.get("meta", "facts").then(function (row) { if (row) facts = row; return people(); }).then(part)
    : Kept.store.get("meta", "facts").then(function (before) {
        var lang = document.documentElement.lang, worker = navigator.serviceWorker;
        if (before && before.account !== facts.account) Kept.store.clear("people");
        if (worker && worker.controller && (!before || before.lang !== lang || before.account !== facts.account)) worker.controller.postMessage("shell");
        return Kept.store.put("meta", { id: "facts", account: facts.account, point: facts.point, lang: lang });
      });
  known.catch(function () { /* no storage: plain pages */ }).then(begin);
  if (navigator.serviceWorker) {
    navigator.serviceWorker.register(home + "/worker.js", { scope: home }).catch(function () { /* plain pages */ });
    navigator.serviceWorker.addEventListener("message", function (event) { if (event.data && event.data.sent) draw(event.data.sent.why); });
  }
})();
