/**
 * The contract between hoichand and a media worker: everything that crosses the process boundary is on this page.
 *
 * Transport: one SOCK_SEQPACKET Unix socket, `STATE_DIR/workers/N.sock`, on which the worker listens. One peer is
 * attached at a time; a newer one takes over. One datagram is one UTF-8 JSON object of at most IPC_MESSAGE_MAX bytes.
 * A request that hands over a file descriptor carries exactly one (SCM_RIGHTS).
 *
 * Request  {"id":N,"op":"room.open",...}       hoichand → worker, N counts up
 * Answer   {"id":N,"ok":true,...} or {"id":N,"ok":false,"code":"not_found","message":"..."}
 * Event    {"event":"transport.state",...}     worker → hoichand, unasked
 *
 * Error codes: bad_request, not_found, exists, limit, unsupported, internal.
 * Names of rooms, transports, tracks, slots and recordings are chosen by hoichand: 1 to 64 of [A-Za-z0-9_.-]. They are
 * random or record ids, never a person's name. `app` is an opaque object of hoichand's (at most 4 KiB), kept and given
 * back in snapshots, so that a restarted hoichand can pick up running calls.
 *
 * Requests
 *   hello        {proto:1} → {proto:1, worker, pid, port, fingerprint, rooms, draining}
 *                then, as events: snapshot.room, snapshot.transport, snapshot.relay, snapshot.track, snapshot.slot, snapshot.recording,
 *                each with the fields of the request that made it (app and codecs too) and its present state, and last
 *                snapshot.end. snapshot.transport also has ufrag, pwd, candidates, remote_ufrag, state and path;
 *                snapshot.slot the assigned track and state; snapshot.recording {room, recording, segment, tracks, bytes}.
 *   room.open    {room, app?}                                    idempotent; an app given again replaces the former
 *   room.close   {room, reason}                                  closes its transports and recordings
 *   transport.open    {room, transport, app?} → {ufrag, pwd, fingerprint:{alg:"sha-256",value}, candidates:[
 *                      {foundation, component:1, protocol:"udp"|"tcp", priority, ip, port, type:"host", tcptype?}]}
 *   transport.remote  {transport, ufrag, pwd, fingerprints:[{alg,value}], setup:"active"|"actpass"}
 *                     Sent once after open and once after each restart. The worker is ICE-lite and DTLS-passive.
 *   transport.restart {transport} → {ufrag, pwd, candidates}     old credentials stay good until the new are nominated, + 30 s
 *   transport.close   {transport, reason}
 *   track.open   {transport, track, kind:"audio"|"video", mid, source, codecs:[CODEC], rids:["f","h","q"]?,
 *                 ssrcs:[{ssrc, rtx?}]?, ext:EXT, participant?, app?}   what a participant publishes
 *                 participant: whose it is in the journal; a person who comes back has another transport, not another id
 *   track.set    {track, paused:bool}                            paused: received, but neither forwarded nor journaled
 *   track.close  {track}
 *   slot.open    {transport, slot, kind, mid, ssrc, rtx_ssrc?, codecs:[CODEC], ext:EXT, app?}   what a participant receives
 *                a relay's slot has `layer`: it carries that layer of its track and no other, and not even that while a smaller
 *                layer covers the size it is assigned with
 *   slot.assign  {slot, track|null, priority:0..3, max_width?, max_height?, stereo?}
 *                priority: 3 pinned or exam source, 2 active speaker, 1 shown, 0 only if there is room. Audio ignores it.
 *   slot.close   {slot}
 *   relay.open   {room, relay, app?} + fd                        one end of a SOCK_SEQPACKET pair, the other end goes to
 *                 another worker: a member of the room whose packets travel over it. Its tracks and slots are opened
 *                 with transport: relay. At the worker that carries on a publisher's room elsewhere it has slots, one a
 *                 layer; at the other one it has tracks with the names that they have here.
 *   relay.close  {relay}
 *   view.set     {transport, max_bps?}                           a ceiling the viewer asked for; absent: none
 *   tap.open     {room, recording, segment, chain, key} + fd     append a journal segment to fd (see journal.h).
 *                 chain: hex SHA-256 that the segment continues from; key: base64 of 32 bytes, only ever in memory.
 *   tap.tracks   {recording, tracks:[track]}                     exactly these are journaled, from and to this moment;
 *                                                                a new tap journals nothing: consent comes first
 *   tap.event    {recording, event:object}                       a room event to be journaled with the worker's time
 *   tap.close    {recording} → {bytes, chain}                    flushed to disk when answered
 *   stats        {room?} → {worker:{cpu_permille, waiting_permille, rss_bytes, rx_packets, tx_packets, rx_bytes, tx_bytes,
 *                 relayed_bytes to other workers},
 *                 transports:[{transport, rtt_ms, estimate_bps, loss_permille, path, nacks_sent, key_requests_sent,
 *                 tracks:[{track, kind, layers:[{rid?, width, height, bps, fps, packets, bytes, lost, repaired, jitter_ms}]}],
 *                 slots:[slot.state's fields, and {target?, packets, bytes, retransmitted, nacks, key_requests, switches,
 *                 loss_permille, lost, jitter_ms}]}]}: loss_permille down to it, lost of a layer before repair
 *                 large rooms answer in several events {event:"stats.part", id, transports} before the answer
 *   drain        {on}                            kept for the hoichand that attaches next, which decides what is placed where
 *   quit         {}                                              orderly end: transports closed, journals sealed
 *
 * CODEC {name:"opus"|"red"|"VP8"|"H264"|"VP9"|"AV1", pt, rtx_pt?, clock, channels?, fmtp?}   in order of preference
 * EXT   {mid?, rid?, rrid?, level?, twcc?, abs_send_time?, dependency_descriptor?, playout_delay?, toffset?}: header
 *       extension ids as negotiated for that m-line
 *
 * Events
 *   transport.state {transport, state:"checking"|"connecting"|"connected"|"disconnected"|"failed"|"closed",
 *                    path:{protocol:"udp"|"tcp", family:4|6}?, reason?}
 *   track.state     {track, state:"idle"|"live"|"stalled", layers:[{rid?, width?, height?, bps, fps?}],
 *                    thin?:true,                               a subscriber's path is thin: longer packets of sound, please
 *                    quiet?:true}                              stalled, and nothing else comes from that transport either
 *   slot.state      {slot, track|null, state:"empty"|"waiting"|"live"|"paused"|"stills"|"stopped", layer?, width?, height?,
 *                    reason?:"bandwidth"|"source"|"viewer"}
 *   relay.closed    {relay}                                      the other end is gone
 *   speaker         {room, track|null}                           active speaker changed
 *   estimate        {transport, bps, rtt_ms, loss_permille}      at most once a second, when it moved
 *   tap.state       {recording, state:"writing"|"failed"|"closed", bytes, reason?}
 *   load            {cpu_permille, waiting_permille, transports, rooms, rx_pps, tx_pps}   every second; waiting: ready to run
 *                    while others had the core
 *
 * A worker nobody has been attached to for IPC_ORPHAN_S ends by itself, journals closed.
 * Errors: functions answer 0 or a negative errno.
 */
#ifndef MEDIA_IPC_H
#define MEDIA_IPC_H

#include <stddef.h>
#include <sys/types.h>

enum {
    IPC_PROTO = 1,
    IPC_MESSAGE_MAX = 128 * 1024, /* below the default socket buffer of an untuned kernel */
    IPC_NAME_MAX = 64,
    IPC_APP_MAX = 4096,
    IPC_ORPHAN_S = 300,
};

/** Listens on `path` (replacing a stale socket there); the result is a non-blocking close-on-exec descriptor. */
int ipc_listen(const char *path, int *fd);

/** Connects to a worker's `path`; the result is a non-blocking close-on-exec descriptor. */
int ipc_connect(const char *path, int *fd);

/**
 * Sends one message, with a descriptor beside it when `pass_fd` is not negative.
 * Owns: nothing; the caller may close `pass_fd` afterwards. Errors: -EAGAIN when the peer does not read, -EMSGSIZE.
 */
int ipc_send(int fd, const char *text, size_t size, int pass_fd);

/**
 * Receives one message into `text` (IPC_MESSAGE_MAX + 1 bytes, always terminated).
 * Owns: the caller owns `*pass_fd`, -1 when none came. Errors: its size, 0 at the peer's end, -EAGAIN when none waits.
 */
ssize_t ipc_receive(int fd, char *text, int *pass_fd);

#endif
