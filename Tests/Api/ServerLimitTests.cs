using System.Net.Sockets;
using System.Text;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>Clients that no library would make, over sockets.</summary>
[Collection(nameof(EdgeShop))]
public sealed class ServerLimitTests(EdgeShop shop)
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(90);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task who_sends_headers_slowly_is_dropped_and_others_are_served()
    {
        await using var slow = await ConnectAsync();
        await slow.WriteAsync("GET /health/live HTTP/1.1\r\nHost: shop.example\r\nX-Slow: "u8.ToArray());
        var end = ReadToEndAsync(slow);
        while (!end.IsCompleted)
        {
            Expect.Status(200, await shop.From().GetAsync("//health/live"));
            await TryWriteAsync(slow, "x"u8.ToArray());
            await Task.WhenAny(end, Task.Delay(200, Cancellation));
        }
        Assert.DoesNotContain(" 200 ", await end, StringComparison.Ordinal);
    }

    [Fact]
    public async Task who_sends_a_body_slowly_is_dropped_and_others_are_served()
    {
        await using var slow = await ConnectAsync();
        await slow.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /api/v1/auth/login HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: {EdgeShop.NewAddress()}\r\n"
                + "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"));
        var end = ReadToEndAsync(slow);
        while (!end.IsCompleted)
        {
            Expect.Status(200, await shop.From().GetAsync("//health/live"));
            await TryWriteAsync(slow, " "u8.ToArray());
            await Task.WhenAny(end, Task.Delay(200, Cancellation));
        }
        Assert.DoesNotContain(" 200 ", await end, StringComparison.Ordinal);
    }

    [Fact]
    public async Task who_reads_slowly_is_dropped()
    {
        await using var slow = await Connection.OpenAsync(shop.Port, receiveBuffer: 4096);
        // Several of the largest answers there are, so that no buffer on the way holds them.
        for (var i = 0; i < 8; i++)
            await slow.WriteAsync(Encoding.ASCII.GetBytes(
                $"GET /scalar/scalar.js HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: {EdgeShop.NewAddress()}\r\n\r\n"));
        var until = DateTime.UtcNow + CallTimeout;
        var one = new byte[1];
        long read = 0;
        try
        {
            while (await slow.ReadAsync(one).AsTask().WaitAsync(CallTimeout, Cancellation) > 0)
            {
                read++;
                // What is on its way stays so after the server closed; a byte for a connection that is no more is answered with a reset.
                await slow.WriteAsync("x"u8.ToArray());
                Assert.True(DateTime.UtcNow < until, $"The connection still stands after {read} bytes.");
                await Task.Delay(100, Cancellation);
            }
        }
        catch (IOException)
        {
            // Reset, with what was under way.
        }
        Assert.True(read < 10_000, $"{read} bytes came.");
    }

    [Fact]
    public async Task a_stream_on_which_little_happens_is_not_slow()
    {
        await using var stream = await ConnectAsync();
        var (order, guest) = await OrderAsync();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /api/v1/orders/{order}/events HTTP/1.1\r\nHost: shop.example\r\nX-Cart-Id: "
            + $"{guest}\r\nX-Forwarded-For: {EdgeShop.NewAddress()}\r\n\r\n"));
        var text = new StringBuilder();
        var buffer = new byte[4096];
        // Longer than slowness is borne.
        while (text.ToString().Split("event: heartbeat").Length < 3)
        {
            var count = await stream.ReadAsync(buffer).AsTask().WaitAsync(CallTimeout, Cancellation);
            Assert.True(count > 0, $"The stream ended: {text}");
            text.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
    }

    [Theory]
    [InlineData("a header too large", 431)]
    [InlineData("too many headers", 431)]
    [InlineData("a path too long", 414)]
    public async Task what_is_too_much_is_refused_by_status(string what, int status)
    {
        var (path, headers) = what switch
        {
            "a header too large" => ("/health/live", $"X-Large: {new string('x', 20_000)}\r\n"),
            "too many headers" => ("/health/live", string.Concat(Enumerable.Range(0, 60).Select(i => $"X-{i}: {i}\r\n"))),
            _ => ("/health/live?" + new string('x', 5_000), ""),
        };
        await using var connection = await ConnectAsync();
        await TryWriteAsync(connection, Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: shop.example\r\n{headers}\r\n"));
        Assert.StartsWith($"HTTP/1.1 {status} ", await ReadToEndAsync(connection), StringComparison.Ordinal);
    }

    [Fact]
    public async Task connections_beyond_the_limit_are_closed_and_come_in_when_others_go()
    {
        const int Max = 20;
        var (api, _) = await shop.Shop.StartApiProcessAsync(null, ("Http__MaxConnections", Make.Text(Max)));
        var port = api.Http.BaseAddress!.Port;
        var taken = new List<Connection>();
        try
        {
            var refused = 0;
            for (var i = 0; i < 2 * Max; i++)
            {
                taken.Add(await Connection.OpenAsync(port));
                refused += await IsServedAsync(taken[^1]) ? 0 : 1;
            }
            Assert.InRange(refused, Max, 2 * Max - 1);
        }
        finally
        {
            foreach (var connection in taken)
                await connection.DisposeAsync();
        }
        await Until.TrueAsync("there is room again", CallTimeout, async () =>
        {
            await using var connection = await Connection.OpenAsync(port);
            return await IsServedAsync(connection);
        });
    }

    private static async Task<bool> IsServedAsync(Connection connection)
    {
        try
        {
            await connection.WriteAsync("GET /health/live HTTP/1.1\r\nHost: shop.example\r\n\r\n"u8.ToArray());
            return await connection.ReadAsync(new byte[4096]).AsTask().WaitAsync(CallTimeout, Cancellation) > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>A guest's order; answers its id and the guest's cart.</summary>
    private async Task<(string Order, string Cart)> OrderAsync()
    {
        var admin = await shop.From().AsAdminAsync();
        var sku = await admin.CreateProductAsync();
        var guest = await shop.From().AsGuestAsync();
        Expect.Status(200, await guest.FillCartAsync(sku));
        return (Expect.Status(201, await guest.OrderAsync()).Text("id"), guest.CartId!);
    }

    private Task<Connection> ConnectAsync() => Connection.OpenAsync(shop.Port);

    private static async Task TryWriteAsync(Connection connection, byte[] bytes)
    {
        try
        {
            await connection.WriteAsync(bytes);
        }
        catch (IOException)
        {
            // It was closed; what it answered can still be read.
        }
    }

    private static async Task<string> ReadToEndAsync(Connection connection)
    {
        var all = new MemoryStream();
        try
        {
            await connection.Stream.CopyToAsync(all, Cancellation).WaitAsync(CallTimeout, Cancellation);
        }
        catch (IOException)
        {
            // Reset, for what was sent after it was closed.
        }
        return Encoding.UTF8.GetString(all.ToArray());
    }

    private sealed class Connection(Socket socket) : IAsyncDisposable
    {
        public NetworkStream Stream { get; } = new(socket, ownsSocket: true);

        public static async Task<Connection> OpenAsync(int port, int receiveBuffer = 64 * 1024)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = receiveBuffer };
            await socket.ConnectAsync("127.0.0.1", port, Cancellation);
            return new Connection(socket);
        }

        public ValueTask WriteAsync(byte[] bytes) => Stream.WriteAsync(bytes, Cancellation);

        public ValueTask<int> ReadAsync(byte[] buffer) => Stream.ReadAsync(buffer, Cancellation);

        public ValueTask DisposeAsync() => Stream.DisposeAsync();
    }
}
