/* Everything that despur offers.
 *
 * What holds for every function. The caller guarantees pointers: none is NULL where a header does not say
 * that NULL is accepted, objects are ones that create has made and free has not yet seen, arrays are as long
 * as their counts say, and texts end with NUL. Numbers need no guarantee but where a header asks for one: an
 * example, a class, a group, an index or an enumerator that does not exist is an error, and where a function
 * has no status its answer is NULL, 0, NaN or "". Fewer than one thread counts as one.
 *
 * Threads. Any functions may be called at the same time from any threads, as long as none changes an object
 * that another uses; the library keeps nothing of its own that a call could disturb. Each header says of its
 * objects which may be read from any thread and which belong to one thread at a time. */
#ifndef DESPUR_DESPUR_H
#define DESPUR_DESPUR_H

#include "despur/array.h"
#include "despur/audit.h"
#include "despur/augment.h"
#include "despur/bench.h"
#include "despur/cam.h"
#include "despur/check.h"
#include "despur/cluster.h"
#include "despur/compare.h"
#include "despur/config.h"
#include "despur/dataset.h"
#include "despur/error.h"
#include "despur/eval.h"
#include "despur/examples.h"
#include "despur/fetch.h"
#include "despur/frame.h"
#include "despur/groups.h"
#include "despur/infer.h"
#include "despur/logistic.h"
#include "despur/measures.h"
#include "despur/model.h"
#include "despur/net.h"
#include "despur/onnx.h"
#include "despur/optimizer.h"
#include "despur/picture.h"
#include "despur/picture_model.h"
#include "despur/rates.h"
#include "despur/report.h"
#include "despur/run.h"
#include "despur/run_cam.h"
#include "despur/shape.h"
#include "despur/stats.h"
#include "despur/sweep.h"
#include "despur/table.h"
#include "despur/text.h"
#include "despur/train.h"
#include "despur/watch.h"

#endif
