using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SoonShop.Tests.Benchmarks.Cost;

/// <summary>
/// One connection of a buyer: HTTP/1.1 over a blocking socket, a request at a time, with as little parsing as does. It costs a tenth of
/// what HttpClient costs, and what the generator takes is missing to the shop. (wrk would cost less still, but its scripts do not know
/// which connection an answer came on, and a buyer's next request needs the cart of the last answer.)
/// </summary>
internal sealed class Connection(int port) : IDisposable
{
    private const int TimeoutMilliseconds = 30_000;
    private static ReadOnlySpan<byte> EndOfHead => "\r\n\r\n"u8;
    private static ReadOnlySpan<byte> LengthHeader => "\r\nContent-Length: "u8;
    private static ReadOnlySpan<byte> LastChunk => "\r\n0\r\n\r\n"u8;
    private static ReadOnlySpan<byte> IdMember => "\"id\":\""u8;
    private const int IdLength = 36;
    private readonly byte[] request = new byte[4096];
    private byte[] answer = new byte[32 * 1024];
    private int received, bodyAt;
    private Socket? socket;

    /// <summary>The first id in the body of the last answer.</summary>
    public string AnsweredId
    {
        get
        {
            var body = answer.AsSpan(bodyAt, received - bodyAt);
            var at = body.IndexOf(IdMember);
            return at < 0
                ? throw new InvalidOperationException($"There is no id in {AnsweredBody}")
                : Encoding.ASCII.GetString(body.Slice(at + IdMember.Length, IdLength));
        }
    }

    /// <summary>The body of the last answer, for messages.</summary>
    public string AnsweredBody => Encoding.UTF8.GetString(answer, bodyAt, received - bodyAt);

    /// <summary>Sends a request below <c>/api/v1</c> and waits for its answer; answers the status, 0 when the connection broke.</summary>
    public int Send(string method, string path, string? cart = null, string? key = null, string? body = null)
    {
        try
        {
            socket ??= Connect();
            var length = Encoding.ASCII.GetBytes(
                $"{method} /api/v1{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                + (cart is null ? "" : $"X-Cart-Id: {cart}\r\n")
                + (key is null ? "" : $"Idempotency-Key: {key}\r\n")
                + (body is null ? "" : "Content-Type: application/json\r\n")
                + (method == "GET" ? "" : $"Content-Length: {body?.Length ?? 0}\r\n")
                + $"\r\n{body}",
                request);
            socket.Send(request.AsSpan(0, length));
            return Receive(socket);
        }
        catch (SocketException)
        {
            Dispose();
            return 0;
        }
    }

    public void Dispose()
    {
        socket?.Dispose();
        socket = null;
    }

    private Socket Connect()
    {
        var made = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = TimeoutMilliseconds,
            SendTimeout = TimeoutMilliseconds,
        };
        made.Connect(IPAddress.Loopback, port);
        return made;
    }

    private int Receive(Socket from)
    {
        (received, bodyAt) = (0, 0);
        var end = -1; // of a body whose length was told
        do
        {
            if (received == answer.Length)
                Array.Resize(ref answer, answer.Length * 2);
            var count = from.Receive(answer.AsSpan(received));
            if (count == 0)
                throw new SocketException((int)SocketError.ConnectionReset);
            received += count;
            if (bodyAt == 0 && answer.AsSpan(0, received).IndexOf(EndOfHead) is >= 0 and var head)
            {
                bodyAt = head + EndOfHead.Length;
                var at = answer.AsSpan(0, head).IndexOf(LengthHeader);
                if (at >= 0)
                {
                    var digits = answer.AsSpan(at + LengthHeader.Length, bodyAt - at - LengthHeader.Length);
                    end = bodyAt + int.Parse(digits[..digits.IndexOf((byte)'\r')], CultureInfo.InvariantCulture);
                }
            }
        }
        while (bodyAt == 0 || (end >= 0 ? received < end : !answer.AsSpan(0, received).EndsWith(LastChunk)));
        return int.Parse(answer.AsSpan(9, 3), CultureInfo.InvariantCulture);
    }
}
