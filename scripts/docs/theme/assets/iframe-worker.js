// Browsers do not start workers from a page in the file system. This replaces `Worker` there: the script
// runs in a hidden frame of the same page, and messages are passed as events.
if (location.protocol === "file:") {
  window.IFrameWorker = window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      this.waiting = []
      this.frame = document.createElement("iframe")
      this.frame.hidden = true
      this.frame.addEventListener("load", () => {
        const waiting = this.waiting
        this.waiting = null
        for (const data of waiting) this.postMessage(data)
      })
      window.addEventListener("message", (event) => {
        if (event.source !== this.frame.contentWindow) return
        const message = new MessageEvent("message", { data: event.data })
        this.dispatchEvent(message)
        if (this.onmessage) this.onmessage(message)
      })
      const script = new URL(url, location.href)
      // Functions that a frame lacks: posting to the creator, and loading scripts in order.
      this.frame.srcdoc = `<!doctype html><base href="${new URL(".", script)}"><script>
        window.postMessage = (data) => parent.postMessage(data, "*")
        window.importScripts = (...urls) => urls.reduce((done, url) => done.then(() => new Promise((ok, no) => {
          const script = document.createElement("script")
          script.src = url
          script.onload = ok
          script.onerror = no
          document.head.append(script)
        })), Promise.resolve())
      <\/script><script src="${script}"><\/script>`
      document.body.append(this.frame)
    }

    postMessage(data) {
      if (this.waiting) this.waiting.push(data)
      else this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data }))
    }

    terminate() {
      this.frame.remove()
    }
  }
}
