/** What the handlers of stills and files of the chat share. */
#ifndef SERVER_API_FILES_H
#define SERVER_API_FILES_H

#include "server/files/file.h"
#include "server/http.h"

static inline struct files request_files(const struct request *request)
{
    return (struct files){request_store(request), request_server(request)};
}

#endif
