#ifndef GRIDWATCH_CMINIZIP_H
#define GRIDWATCH_CMINIZIP_H

// zlib's minizip (Debian: libminizip-dev): writes ZIP archives with ZIP64, sizes and CRC before the content.
#include <minizip/zip.h>

#endif
