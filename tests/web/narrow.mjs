// A line that is made narrow by what the page asks of the server (view, max_bps).

/** For `init`: keeps the page's socket and its last view, so that the test can ask for less by window.narrow(bps). */
export function narrowable() {
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    const message = typeof text === 'string' ? JSON.parse(text) : {};
    if (message.type !== 'view') return send.call(this, text);
    window.lastView = { socket: this, message };
    return send.call(this, JSON.stringify({ ...message, ...(window.maxBps ? { max_bps: window.maxBps } : {}) }));
  };
  window.narrow = (bps) => {
    window.maxBps = bps;
    window.lastView.socket.send(JSON.stringify(window.lastView.message));
  };
}
