#ifndef GRIDWATCH_CFFMPEG_H
#define GRIDWATCH_CFFMPEG_H

#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libavutil/hwcontext.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

/// AVERROR() is a function-like macro.
static inline int gw_averror(int code) { return AVERROR(code); }
/// AVERROR_EOF is built from FFERRTAG().
static inline int gw_averror_eof(void) { return AVERROR_EOF; }
/// AVERROR_EXIT: the interrupt callback asked to stop.
static inline int gw_averror_exit(void) { return AVERROR_EXIT; }
/// AVERROR_INVALIDDATA is built from FFERRTAG().
static inline int gw_averror_invaliddata(void) { return AVERROR_INVALIDDATA; }
/// AVERROR_HTTP_UNAUTHORIZED is built from FFERRTAG(); RTSP uses it too.
static inline int gw_averror_http_unauthorized(void) { return AVERROR_HTTP_UNAUTHORIZED; }
/// AVERROR_HTTP_FORBIDDEN is built from FFERRTAG().
static inline int gw_averror_http_forbidden(void) { return AVERROR_HTTP_FORBIDDEN; }
/// AVERROR_HTTP_NOT_FOUND is built from FFERRTAG().
static inline int gw_averror_http_not_found(void) { return AVERROR_HTTP_NOT_FOUND; }
/// AV_NOPTS_VALUE is a cast expression.
static inline int64_t gw_nopts(void) { return AV_NOPTS_VALUE; }
/// AV_TIME_BASE_Q is a compound literal.
static inline AVRational gw_time_base_q(void) { return (AVRational){1, AV_TIME_BASE}; }

#endif
