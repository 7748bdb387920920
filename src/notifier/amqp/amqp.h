/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Notifications over AMQP, as listeners of oslo.messaging take them.
 */
#pragma once

#include "contract/notifier.h"

extern const NotifierDriver notifier_amqp;
