// The site opened as files: a browser starts no worker from a file, so the search runs in a frame.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      this.waiting = [];
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.frame.srcdoc = `<script>
        window.postMessage = (data) => parent.postMessage({ fromWorker: data }, "*");
        window.importScripts = (...urls) => urls.reduce((before, url) => before.then(() =>
          new Promise((done) => {
            const script = document.createElement("script");
            script.src = url; script.onload = done;
            document.head.append(script);
          })), Promise.resolve());
      <\/script><script src="${url}"><\/script>`;
      this.frame.onload = () => {
        for (const data of this.waiting) this.send(data);
        this.waiting = null;
      };
      window.addEventListener("message", (event) => {
        if (event.source !== this.frame.contentWindow || !("fromWorker" in event.data)) return;
        const copy = new MessageEvent("message", { data: event.data.fromWorker });
        this.dispatchEvent(copy);
        if (this.onmessage) this.onmessage(copy);
      });
      document.body.append(this.frame);
    }
    send(data) {
      const inside = this.frame.contentWindow;
      inside.dispatchEvent(new inside.MessageEvent("message", { data }));
    }
    postMessage(data) {
      if (this.waiting) this.waiting.push(data);
      else this.send(data);
    }
    terminate() {
      this.frame.remove();
    }
  };
}
