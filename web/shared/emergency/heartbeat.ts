/** The beat by which a page asks what rings: a worker's clock goes on where that of a page in the background is slowed to once a minute. */
const everyMs = 2500;
setInterval(() => postMessage(null), everyMs);
