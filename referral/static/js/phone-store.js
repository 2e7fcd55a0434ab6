/* What a phone keeps, in IndexedDB: entries waiting (sealed to the server), drafts and people (locked with a key that
   cannot leave this browser). Used by pages and by the service worker. */
(function () {
  "use strict";
  var STORES = ["meta", "queue", "drafts", "people"];
  var PURPOSE = new TextEncoder().encode("yuanqiao phone queue 1");
  var able = typeof indexedDB !== "undefined" && typeof crypto !== "undefined" && !!crypto.subtle;
  var opened = null;

  function open() {
    opened = opened || new Promise(function (done, fail) {
      var asked = indexedDB.open("yuanqiao", 1);
      asked.onupgradeneeded = function () {
        STORES.forEach(function (name) {
          if (!asked.result.objectStoreNames.contains(name)) asked.result.createObjectStore(name, { keyPath: "id" });
        });
      };
      asked.onsuccess = function () {
        asked.result.onversionchange = function () { asked.result.close(); opened = null; };
        asked.result.onclose = function () { opened = null; };
        done(asked.result);
      };
      asked.onerror = function () { opened = null; fail(asked.error); };
    });
    return opened;
  }

  /* `durable`: the answer comes when the entry lies on the disk, not only in memory. */
  function work(store, mode, what) {
    return open().then(function (db) {
      return new Promise(function (done, fail) {
        var step = db.transaction(store, mode, mode === "readwrite" ? { durability: "strict" } : undefined);
        var asked = what(step.objectStore(store));
        step.oncomplete = function () { done(asked && asked.result); };
        step.onabort = step.onerror = function () { fail(step.error); };
      });
    });
  }

  /* An entry begins to wait, or is opened again, in one step with its draft: killed in between, it is in one place. */
  function move(row, into, id, from) {
    return open().then(function (db) {
      return new Promise(function (done, fail) {
        var step = db.transaction([into, from], "readwrite", { durability: "strict" });
        step.objectStore(into).put(row);
        if (id) step.objectStore(from).delete(id);
        step.oncomplete = function () { done(); };
        step.onabort = step.onerror = function () { fail(step.error); };
      });
    });
  }

  var store = {
    move: move,
    get: function (name, id) { return work(name, "readonly", function (s) { return s.get(id); }); },
    all: function (name) { return work(name, "readonly", function (s) { return s.getAll(); }); },
    put: function (name, row) { return work(name, "readwrite", function (s) { return s.put(row); }); },
    drop: function (name, id) { return work(name, "readwrite", function (s) { return s.delete(id); }); },
    clear: function (name) { return work(name, "readwrite", function (s) { return s.clear(); }); }
  };

  function text64(bytes) {
    var out = "", view = new Uint8Array(bytes);
    for (var i = 0; i < view.length; i += 8192) out += String.fromCharCode.apply(null, view.subarray(i, i + 8192));
    return btoa(out).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }
  function bytes64(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (sign) { return sign.charCodeAt(0); });
  }

  /* The key of this phone: made once, never readable, two tabs agree on the first one written. */
  function ownKey() {
    return store.get("meta", "key").then(function (row) {
      if (row) return row.key;
      return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]).then(function (key) {
        return work("meta", "readwrite", function (s) { return s.add({ id: "key", key: key }); }).then(
          function () { return key; },
          function () { return store.get("meta", "key").then(function (first) { return first.key; }); }
        );
      });
    });
  }
  function lock(value) {
    var nonce = crypto.getRandomValues(new Uint8Array(12));
    return ownKey().then(function (key) {
      return crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, key, new TextEncoder().encode(JSON.stringify(value)));
    }).then(function (body) { return { nonce: nonce, body: body }; });
  }
  function unlock(locked) {
    return ownKey().then(function (key) {
      return crypto.subtle.decrypt({ name: "AES-GCM", iv: locked.nonce }, key, locked.body);
    }).then(function (body) { return JSON.parse(new TextDecoder().decode(body)); });
  }

  /* Seal an entry to the server's key (referral/phone/sealing.py opens it): this phone cannot read it back. */
  function seal(content, key, operation, account, point) {
    var nonce = crypto.getRandomValues(new Uint8Array(12)), raw;
    return Promise.all([
      crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]),
      crypto.subtle.importKey("raw", bytes64(point), { name: "ECDH", namedCurve: "P-256" }, false, [])
    ]).then(function (keys) {
      return Promise.all([
        crypto.subtle.deriveBits({ name: "ECDH", public: keys[1] }, keys[0].privateKey, 256),
        crypto.subtle.exportKey("raw", keys[0].publicKey)
      ]);
    }).then(function (found) {
      raw = found[1];
      return crypto.subtle.importKey("raw", found[0], "HKDF", false, ["deriveKey"]);
    }).then(function (shared) {
      var how = { name: "HKDF", hash: "SHA-256", salt: raw, info: PURPOSE };
      return crypto.subtle.deriveKey(how, shared, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
    }).then(function (secret) {
      var outside = new TextEncoder().encode(key + "|" + operation + "|" + account);
      return crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: outside }, secret,
        new TextEncoder().encode(JSON.stringify(content)));
    }).then(function (body) {
      return { key: key, operation: operation, account: account, point: text64(raw), nonce: text64(nonce), sealed: text64(body) };
    });
  }

  self.Kept = { able: able, store: store, lock: lock, unlock: unlock, seal: seal };
})();
