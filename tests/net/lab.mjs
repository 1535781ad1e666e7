// Two network namespaces with a bad link between them, for tests and by hand.
//
//   const lab = await Lab.open();                    near side: lab.near, 10.77.0.1; far side: lab.far, 10.77.0.2
//   await lab.both({ delay: 200, loss: 10, rate: '64k' });
//   lab.near.run('ping', '-c1', lab.far.address);
//   await lab.down({ down: 1 });                      the cable is out, from far to near
//   const home = lab.addHome();                       behind a NAT at the far end: home.address
//   await lab.close();
//
// Units as in shaper.h: delay, jitter and queue in ms, loss and reorder in per cent, rate in bit/s with k or M.
// `up` is what leaves the near side, `down` what leaves the far side.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { own } from '../web/own.mjs';

const ROOT = resolve(fileURLToPath(import.meta.url), '../../..');
const LINK = resolve(ROOT, process.env.HOICHAN_BUILD ?? 'build/asan', 'tests/net/link');
const ip = (...words) => execFileSync('ip', words, { stdio: ['ignore', 'pipe', 'pipe'] });
const SPARE = { near: '10.78.0.1', far: '10.78.0.2', table: '78' };
const HOME = { router: '192.168.77.1', host: '192.168.77.2' };
/**
 * What a router does for its home: each flow gets a port of its own by chance (a symmetric NAT), and what is no flow's stays outside.
 * It does not answer either: a refusal would say more than a router does.
 */
const NAT = `
table ip nat {
  chain out {
    type nat hook postrouting priority srcnat;
    oifname "wan" masquerade fully-random
  }
}
table ip filter {
  chain in {
    type filter hook input priority filter;
    iifname "wan" ct state new drop
  }
}
`;
/** A line a shell in the far namespace runs: carries one TCP connection between its standard input and output. */
const CARRY = (port) => `exec 3<>/dev/tcp/127.0.0.1/${port} && { cat <&3 & cat >&3; kill $!; }`;

/** One namespace: a machine at its end of the link. `name` null: this machine itself. */
class Host {
  constructor(name, address, address6, dir) {
    Object.assign(this, { name, address, address6, dir, relays: [] });
  }

  /** Before other work of this machine: what is measured here should be the line, not who else is busy. */
  command(program, args) {
    return this.name ? ['nice', ['-n', '-10', 'ip', 'netns', 'exec', this.name, program, ...args]] : [program, args];
  }

  spawn(program, args, options) {
    return own(spawn(...this.command(program, args), options));
  }

  run(program, ...args) {
    return execFileSync(...this.command(program, args)).toString();
  }

  /** A program's path for who starts programs by path only: a script that starts it over here. */
  wrapper(program) {
    if (!this.name) return program;
    const path = join(this.dir, `${this.name}-${program.replaceAll('/', '_')}`);
    writeFileSync(path, `#!/bin/sh\nexec nice -n -10 ip netns exec ${this.name} ${program} "$@"\n`, { mode: 0o755 });
    return path;
  }

  /** Lets the tests' own process reach 127.0.0.1:`port` of this host under the same address, past the bad link. */
  async forward(port) {
    if (!this.name) return;
    const relay = createServer((socket) => {
      const carrier = this.spawn('bash', ['-c', CARRY(port)], { stdio: ['pipe', 'pipe', 'ignore'] });
      socket.pipe(carrier.stdin).on('error', () => socket.destroy());
      carrier.stdout.pipe(socket).on('error', () => carrier.kill());
      socket.on('close', () => carrier.kill());
    });
    await new Promise((done, fail) => relay.on('error', fail).listen(port, '127.0.0.1', done));
    relay.unref();
    this.relays.push(relay);
  }

  /** Changes the address, as a laptop does that goes from Wi-Fi to a telephone's network. */
  move(address) {
    // The old one goes first: an address of the same network would go with it.
    ip('-n', this.name, '-4', 'addr', 'flush', 'dev', 'wan');
    ip('-n', this.name, 'addr', 'add', `${address}/24`, 'dev', 'wan');
    ip('-n', this.name, 'route', 'replace', 'default', 'dev', 'wan');
    this.address = address;
  }

  /** A device of it goes, and its address, as when a cable is pulled or Wi-Fi is switched off. */
  cut(device) {
    ip('-n', this.name, 'addr', 'flush', 'dev', device); // else what has that source goes on by the other device, and answers are lost
    ip('-n', this.name, 'link', 'set', device, 'down');
  }

  /** It is back, with its address and the ways that went with it. */
  restore(device) {
    ip('-n', this.name, 'link', 'set', device, 'up');
    if (device === 'spare') return this.raiseSpare(SPARE.far);
    this.move(this.address);
    ip('-n', this.name, 'addr', 'add', `${this.address6}/64`, 'dev', device, 'nodad');
  }

  raiseSpare(address) {
    ip('-n', this.name, 'addr', 'add', `${address}/24`, 'dev', 'spare');
    ip('-n', this.name, 'link', 'set', 'spare', 'up');
    if (address === SPARE.far)
      for (const more of [['metric', '100'], ['table', SPARE.table]]) ip('-n', this.name, 'route', 'replace', 'default', 'via', SPARE.near, 'dev', 'spare', ...more);
  }
}

export class Lab {
  /** `here`: the near side is this machine itself, not a namespace. */
  static async open({ seed = 1, here = false, network = '10.77.0', network6 = 'fd77::' } = {}) {
    const lab = new Lab();
    lab.dir = mkdtempSync(join(tmpdir(), 'hoichan-lab-'));
    lab.near = new Host(here ? null : `hc${process.pid}n`, `${network}.1`, `${network6}1`, lab.dir);
    lab.far = new Host(`hc${process.pid}f`, `${network}.2`, `${network6}2`, lab.dir);
    lab.sweep = () => lab.namespaces().forEach(({ name }) => spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' }));
    process.once('exit', lab.sweep); // stopped half-way it leaves no namespace behind either
    for (const { name } of lab.namespaces()) {
      ip('netns', 'add', name);
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
    await lab.connect(seed);
    for (const host of [lab.near, lab.far])
      ip(...(host.name ? ['-n', host.name] : []), 'addr', 'add', `${host.address6}/64`, 'dev', 'wan', 'nodad');
    return lab;
  }

  /**
   * A second way between the two, without faults, beside the first: a laptop on Wi-Fi whose telephone's network is there, too.
   * What is sent from its address goes over its device, `spare`; all else only when `wan` is gone.
   */
  addSpare() {
    ip('link', 'add', 'spare', 'netns', this.far.name, 'type', 'veth', 'peer', 'name', 'spare', 'netns', this.near.name);
    this.near.raiseSpare(SPARE.near);
    this.far.raiseSpare(SPARE.far);
    ip('-n', this.far.name, 'rule', 'add', 'from', SPARE.far, 'lookup', SPARE.table);
  }

  /** A home of one machine behind the far end, whose router has a NAT; what its machine sends goes by the line. */
  addHome() {
    const home = (this.home = new Host(`hc${process.pid}h`, HOME.host, undefined, this.dir));
    ip('netns', 'add', home.name);
    ip('link', 'add', 'wan', 'netns', home.name, 'type', 'veth', 'peer', 'name', 'home', 'netns', this.far.name);
    for (const [name, address, device] of [[home.name, HOME.host, 'wan'], [this.far.name, HOME.router, 'home']]) {
      ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', device);
      ip('-n', name, 'link', 'set', device, 'up');
    }
    ip('-n', home.name, 'link', 'set', 'lo', 'up');
    ip('-n', home.name, 'route', 'add', 'default', 'via', HOME.router);
    this.far.run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
    execFileSync(...this.far.command('nft', ['-f', '-']), { input: NAT });
    return home;
  }

  /**
   * The router has forgotten the flows of this kind ('udp', 'tcp'): the next packet of each leaves by another port. A flow that ends
   * by itself while they are walked ends the walk, and the rest is left: then they are walked again.
   */
  forget(protocol) {
    const walk = () => spawnSync(...this.far.command('conntrack', ['-D', '-p', protocol]), { encoding: 'utf8' });
    let { status, stderr } = walk();
    for (let walks = 1; status !== 0 && walks < 5; walks++) ({ status, stderr } = walk());
    if (status !== 0) throw new Error(`conntrack: ${stderr}`);
  }

  /** The ports by which flows of this kind to `port` leave the home. */
  outside(protocol, port) {
    const flows = execFileSync(...this.far.command('conntrack', ['-L', '-p', protocol, '--orig-port-dst', String(port)]), { stdio: ['ignore', 'pipe', 'pipe'] });
    return [...flows.toString().matchAll(/dport=(\d+) (?:\[ASSURED\] )?mark/g)].map(([, outside]) => Number(outside));
  }

  namespaces() {
    return [this.near, this.far, this.home].filter((host) => host?.name);
  }

  async connect(seed) {
    const end = (host) => [host.name ?? '-', `${host.address}/24`];
    this.link = spawn(LINK, [...end(this.near), ...end(this.far), String(seed)], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.waiting = [];
    createInterface({ input: this.link.stdout }).on('line', (line) => this.waiting.shift()?.(line));
    const ready = await new Promise((done) => {
      this.waiting.push(done);
      this.link.on('exit', () => done(''));
    });
    if (ready === 'ready') return;
    await this.close();
    throw new Error('the link did not come up: is this root, and is there a /dev/net/tun?');
  }

  async close() {
    const ended = this.link.exitCode !== null || this.link.signalCode !== null || new Promise((done) => this.link.on('exit', done));
    this.link.stdin.end();
    await ended;
    for (const host of this.namespaces()) host.relays.forEach((relay) => relay.close());
    this.sweep();
    process.off('exit', this.sweep);
    rmSync(this.dir, { recursive: true, force: true });
  }

  order(line) {
    return new Promise((done) => {
      this.waiting.push(done);
      this.link.stdin.write(line + '\n');
    });
  }

  change(direction, values) {
    return this.order(`${direction} ${Object.entries(values).map(([key, value]) => `${key}=${value}`).join(' ')}`);
  }

  both(values) {
    return this.change('both', values);
  }

  up(values) {
    return this.change('up', values);
  }

  down(values) {
    return this.change('down', values);
  }

  /** A link without any fault again. */
  heal() {
    return this.both({ rate: 0, delay: 0, jitter: 0, loss: 0, burst: 0, reorder: 0, queue: 0, down: 0, block_udp: 0, block_tcp: 0 });
  }

  async counts() {
    return JSON.parse(await this.order('counts'));
  }
}
