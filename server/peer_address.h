/** The numeric address of a connected socket's peer, without port; "" when it is not known. IPv4 mapped in IPv6 is
 * IPv4. */
#ifndef SERVER_PEER_ADDRESS_H
#define SERVER_PEER_ADDRESS_H

void peer_address(int fd, char address[64]);

#endif
