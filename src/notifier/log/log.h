/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Notifications as lines of the log, for who has no message bus and for looking at them.
 */
#pragma once

#include "contract/notifier.h"

extern const NotifierDriver notifier_log;
