variable "group" {}

variable "location" {
  default = "westeurope"
}

variable "defender_hosts" {
  type    = list(string)
  default = ["*.wd.microsoft.com"]
}

variable "telemetry_hosts" {
  type    = list(string)
  default = ["events.data.microsoft.com"]
}

variable "more" {
  default = {}
}
