#ifndef GRIDWATCH_CMOSQUITTO_H
#define GRIDWATCH_CMOSQUITTO_H

#include <mosquitto.h>
#include <mqtt_protocol.h>

#endif
