// The lines of the matrix: what each is like, step by step; times in seconds.

/** Opposite to `heal`: everything that a line may lack, in one place. */
export const LINKS = {
  thin: { words: '64 kbit/s, 10 % loss, 400 ms RTT', steps: [{ for: 24, both: { rate: '64k', loss: 10, delay: 200, queue: 300 } }] },
  bursts: { words: '300 kbit/s, 5 % loss in bursts', steps: [{ for: 25, both: { rate: '300k', loss: 5, burst: 3, delay: 40 } }] },
  cut: {
    words: '1 Mbit/s, cut to 200 kbit/s, and back',
    steps: [
      { for: 12, both: { rate: '1M', delay: 25 } },
      { for: 15, both: { rate: '200k' } },
      { for: 15, both: { rate: '1M' } },
    ],
  },
  lossy: { words: '30 % loss, wide', steps: [{ for: 25, both: { loss: 30, delay: 25 } }] },
  outage10: { words: '10 s without a line', steps: [{ for: 10, both: { down: 1 } }, { for: 12, both: { down: 0 } }] },
  outage60: { words: '60 s without a line', steps: [{ for: 60, both: { down: 1 } }, { for: 15, both: { down: 0 } }] },
};
