// Browsers start no worker for a page that was opened from disk. The search of this site is one:
// there it runs in a hidden frame. Messages are copied and come later, as those of a worker do.
if (location.protocol === "file:")
  window.Worker = class {
    constructor(url) {
      this.waiting = []
      this.frame = document.createElement("iframe")
      this.frame.hidden = true
      this.frame.worker = this
      const script = `<script src="${url}" onload="frameElement.worker.start()"><\/script>`
      const setup = "postMessage = data => frameElement.worker.answer(data)"
      this.frame.srcdoc = `<script>${setup}<\/script>${script}`
      document.body.append(this.frame)
    }

    start() {
      const waiting = this.waiting
      this.waiting = null
      waiting.forEach(data => this.postMessage(data))
    }

    postMessage(data) {
      if (this.waiting) this.waiting.push(data)
      else this.deliver(this.frame.contentWindow, data)
    }

    answer(data) {
      this.deliver(window, data, this)
    }

    deliver(realm, data, target = realm) {
      const copy = realm.structuredClone(data)
      setTimeout(() => target.onmessage?.(new MessageEvent("message", { data: copy })))
    }

    terminate() {
      this.frame.remove()
    }
  }
