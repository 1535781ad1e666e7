// What a page's connections receive, read in the page.

/** Before the page's own scripts: keeps every connection it makes, so that its statistics can be read. */
export function watchConnections() {
  const connections = (globalThis.parent.connections ??= []); // some are made in an empty frame of the page
  const Original = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Original {
    constructor(...args) {
      super(...args);
      connections.push(this);
      this.closing = new Promise((done) => (this.hasClosed = done));
    }

    close() {
      super.close();
      this.hasClosed(new Map());
    }

    /** One that is closed while it is asked, or whose frame is gone, would never answer. */
    getStats(...args) {
      return this.connectionState === 'closed' ? Promise.resolve(new Map()) : Promise.race([super.getStats(...args), this.closing]);
    }
  };
}

/** Before the page's own scripts: it hears nothing on its sockets before it has offered, and what it says is kept. */
export function deafUntilOffered() {
  const said = (globalThis.said = []);
  globalThis.WebSocket = class extends WebSocket {
    kept = [];

    send(text) {
      super.send(text);
      said.push(JSON.parse(text).type);
      if (said.at(-1) === 'offer') for (const event of this.kept.splice(0)) this.listener(event);
    }

    set onmessage(listener) {
      this.listener = listener;
      super.onmessage = (event) => (said.includes('offer') ? listener(event) : this.kept.push(event));
    }
  };
}

/** The picture that comes in, null before there is one; `asked`: key frames, so often. */
export const picture = (peer) =>
  peer.page.evaluate(async () => {
    for (const connection of globalThis.connections) {
      const all = await connection.getStats();
      for (const item of all.values())
        if (item.type === 'inbound-rtp' && item.kind === 'video' && item.framesDecoded)
          return { codec: all.get(item.codecId)?.mimeType, width: item.frameWidth, decoded: item.framesDecoded, lost: item.packetsLost, asked: (item.pliCount ?? 0) + (item.firCount ?? 0), bytes: item.bytesReceived };
    }
    return null;
  });

/** What a page sends of its first (0), second (1) … picture, by the connection that sends any: by size, whether it is on, and how many bytes left in a second. */
export const sent = (peer, which) =>
  peer.evaluate(async (nth) => {
    const sending = globalThis.connections.map((one) => one.getSenders().filter(({ track }) => track?.kind === 'video'));
    const sender = sending.findLast((senders) => senders.length > 0)[nth];
    const read = async () => new Map([...(await sender.getStats()).values()].filter(({ type }) => type === 'outbound-rtp').map(({ rid, bytesSent }) => [rid, bytesSent]));
    const before = await read();
    await new Promise((done) => setTimeout(done, 1000));
    const now = await read();
    return Object.fromEntries(sender.getParameters().encodings.map(({ rid, active }) => [rid, { active, bytes: (now.get(rid) ?? 0) - (before.get(rid) ?? 0) }]));
  }, which);
