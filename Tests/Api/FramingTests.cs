using System.Net.Sockets;
using System.Text;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>Requests whose bytes are no HTTP, or nearly none: whatever comes, it is the client's fault and never the shop's.</summary>
[Collection(nameof(RunningShop))]
public sealed class FramingTests(RunningShop shop)
{
    private const string Chunked = "Transfer-Encoding: chunked\r\n";
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("80000000\r\n{}")]
    [InlineData("ffffffff\r\n{}")]
    [InlineData("7fffffffffffffff\r\n{}")]
    [InlineData("8000000000000000\r\n{}")]
    [InlineData("ffffffffffffffff\r\n{}")]
    [InlineData("10000000000000000\r\n{}")]
    [InlineData("-1\r\n{}")]
    [InlineData("0x2\r\n{}\r\n0\r\n\r\n")]
    [InlineData("zz\r\n{}")]
    [InlineData("\r\n{}\r\n0\r\n\r\n")]
    [InlineData(" 2\r\n{}\r\n0\r\n\r\n")]
    [InlineData("2\r\n{}zz\r\n0\r\n\r\n")]
    [InlineData("2\n{}\n0\n\n")]
    [InlineData("2\r\n{}\r\n80000000\r\n")]
    [InlineData("2\r\n{}\r\n0\r\nno trailer\r\n\r\n")]
    public async Task chunks_that_are_malformed_are_refused(string body)
    {
        foreach (var (path, extra) in ((string, string)[])[
            ("/auth/password/forgot", ""), ("/carts", ""), ("/orders", $"Idempotency-Key: framing\r\nX-Cart-Id: {Guid.NewGuid()}\r\n"),
            ("/webhooks/stripe", "Stripe-Signature: t=1,v1=0\r\n")])
        {
            var answer = await SendAsync($"POST /api/v1{path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n{Chunked}{extra}Content-Type: "
                + $"application/json\r\n\r\n{body}");
            Assert.True(answer.StartsWith("HTTP/1.1 400 ", StringComparison.Ordinal), $"{path}: {answer}");
            if (answer.Contains("application/problem+json", StringComparison.Ordinal))
                Assert.Contains("validation-failed", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task a_malformed_chunk_is_named_as_the_body() =>
        Assert.Contains("\"errors\":{\"body\":[\"cannot be read: its chunks or its length are malformed\"]}",
            await SendAsync($"POST /api/v1/auth/login HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n{Chunked}Content-Type: "
                + "application/json\r\n\r\n80000000\r\n{}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("Content-Length: -1\r\n", "{}")]
    [InlineData("Content-Length: two\r\n", "{}")]
    [InlineData("Content-Length: 99999999999999999999\r\n", "{}")]
    [InlineData("Content-Length: 2\r\nContent-Length: 3\r\n", "{}")]
    [InlineData("Content-Length: 2, 2\r\n", "{}")]
    [InlineData("Content-Length: 0x2\r\n", "{}")]
    [InlineData("Content-Length: 9223372036854775807\r\n", "{}")]
    [InlineData("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: gzip\r\n", "{}")]
    [InlineData("Transfer-Encoding: chunked, gzip\r\n", "{}")]
    [InlineData("Transfer-Encoding: \r\n", "{}")]
    [InlineData("", "{}")]
    [InlineData("Content-Length: 2\r\n folded\r\n", "{}")]
    [InlineData("Content-Length: 2\r\nX-\u0001: a\r\n", "{}")]
    [InlineData("Content-Length: 2\r\nX-Null: a\u0000b\r\n", "{}")]
    [InlineData("Content-Length: 2\r\n: nameless\r\n", "{}")]
    [InlineData("Content-Length: 2\r\nHost: other\r\n", "{}")]
    [InlineData("Content-Length: 2\r\nExpect: nonsense\r\n", "{}")]
    [InlineData("Content-Length: 2\r\nAccept: ;;;,=\r\nAccept-Language: ;q\r\nIf-None-Match: \"\r\nRange: bytes=-\r\nUser-Agent: "
        + "\u0080\r\nCookie: ;\r\n", "{}")]
    [InlineData("Content-Length: 2\r\nAuthorization: \u00ff\r\n", "{}")]
    public async Task lengths_and_headers_that_make_no_sense_are_never_the_shops_fault(string headers, string body)
    {
        var answer = await SendAsync($"POST /api/v1/auth/login HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n{headers}Content-Type: "
            + $"application/json\r\n\r\n{body}");
        Assert.Matches(@"\A(HTTP/1\.1 100 Continue\r\n\r\n)?HTTP/1\.1 4\d\d ", answer);
    }

    [Theory]
    [InlineData("GET /api/v1/products/%")]
    [InlineData("GET /api/v1/products/%zz")]
    [InlineData("GET /api/v1/products/%00")]
    [InlineData("GET /api/v1/products/%ff%fe")]
    [InlineData("GET /api/v1/products/\u00ff")]
    [InlineData("GET /api/v1/products/a b")]
    [InlineData("GET /api/v1/products/../../../etc/passwd")]
    [InlineData("GET /api/v1/products?%00=%00")]
    [InlineData("GET /api/v1/products?q=%ff%fe&limit=99999999999999999999")]
    [InlineData("GET /api/v1/products?\u00ff=1")]
    [InlineData("GET api/v1/products")]
    [InlineData("GET *")]
    [InlineData("OPTIONS *")]
    [InlineData("CONNECT shop:443")]
    [InlineData("GET http://[::1/api")]
    [InlineData("G\u0000T /")]
    public async Task targets_that_make_no_sense_are_never_the_shops_fault(string line) =>
        Assert.Matches(@"\AHTTP/1\.1 4\d\d ", await SendAsync($"{line} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"));

    private async Task<string> SendAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", shop.Api.Http.BaseAddress!.Port, Cancellation);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), Cancellation);
        var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer, Cancellation).WaitAsync(CallTimeout, Cancellation);
        }
        catch (IOException)
        {
            // Reset, with what was under way.
        }
        return Encoding.UTF8.GetString(answer.ToArray());
    }
}
