/** The version of this source tree. */
#ifndef SERVER_VERSION_H
#define SERVER_VERSION_H

#define HOICHAN_VERSION "0.1.0"

#endif
