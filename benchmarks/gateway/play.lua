-- wrk -s play.lua URL -- FILE: plays the requests of a file in turn, over and over (`deliveries.py` writes it), and ends
-- with one line of JSON for `wrk.py`. Requests are built once for each thread: in turn it only hands out strings.
local requests, at = {}, 0

function init(args)
   local file = assert(io.open(args[1], "rb"))
   while true do
      local head = file:read(4)
      if not head then break end
      local a, b, c, d = head:byte(1, 4)
      requests[#requests + 1] = file:read(((a * 256 + b) * 256 + c) * 256 + d)
   end
   file:close()
end

function request()
   at = at % #requests + 1
   return requests[at]
end

function done(summary, latency, _)
   local errors = summary.errors
   io.write(string.format(
      '{"requests": %d, "us": %d, "p50_us": %d, "p99_us": %d, "p999_us": %d, "max_us": %d, ' ..
      '"status": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d}\n',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
      latency.max, errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
