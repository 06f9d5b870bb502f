-- managed by roles/relay; change there
-- One line in the journal for whoever watches it: JSON, so that nothing in a message can look like another line.
local log = require "rspamd_logger"
local ucl = require "ucl"

local function addresses(list)
  local found = {}
  for _, one in ipairs(list or {}) do
    found[#found + 1] = one.addr
  end
  return found
end

local function attachments(task)
  local found = {}
  for _, part in ipairs(task:get_parts() or {}) do
    found[#found + 1] = part:get_filename()
  end
  return found
end

local function alarm(symbol, text)
  rspamd_config:register_symbol {
    name = symbol .. "_ALARM",
    type = "idempotent",
    flags = "nostat",
    callback = function(task)
      local found = task:get_symbol(symbol)
      if not found then
        return
      end
      log.errx(task, "ALARM %s: %s", text, ucl.to_format({
        queue_id = task:get_queue_id(),
        subject = task:get_subject() or "",
        attachments = attachments(task),
        found = found[1].options or {},
        client = tostring(task:get_from_ip()),
        sender = addresses(task:get_from("smtp")),
        recipients = addresses(task:get_recipients("smtp")),
      }, "json-compact"))
    end,
  }
end

alarm("CLAM_VIRUS", "malware stopped")
alarm("CLAM_VIRUS_FAIL", "scanner does not answer, mail waits")
