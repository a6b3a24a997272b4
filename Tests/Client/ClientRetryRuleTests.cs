using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace SoonShop.Tests.Client;

using SoonShop.Client;

/// <summary>What is tried again, how often, and after what time; without a shop.</summary>
public sealed class ClientRetryRuleTests
{
    private const string Profile = """{ "id": "0b6f4a52-8d1b-4c2f-9b7e-2f6f0c3d9a11", "email": "ada@example.com" }""";
    private static readonly TimeSpan TryTimeout = TimeSpan.FromSeconds(7), TotalTimeout = TimeSpan.FromSeconds(77);
    private readonly SteppedTime time = new(TryTimeout, TotalTimeout);

    [Theory]
    [InlineData(408, 3)]
    [InlineData(429, 3)]
    [InlineData(500, 1)]
    [InlineData(502, 3)]
    [InlineData(503, 3)]
    [InlineData(504, 3)]
    [InlineData(400, 1)]
    [InlineData(409, 1)]
    public async Task statuses_that_pass_are_tried_again(int status, int tries)
    {
        var transport = StubTransport.Of((HttpStatusCode)status, "{}");
        using var client = Client(transport);
        var error = await Clients.FailsAsync(() => client.GetProfileAsync());
        Assert.Equal((status, tries, tries), ((int)error.Status!, error.Tries, transport.Requests));
        Assert.Equal(tries - 1, time.Waits.Length);
    }

    [Fact]
    public async Task a_request_that_is_still_at_work_is_asked_for_again_after_its_time()
    {
        var transport = new StubTransport((_, number, _) => Task.FromResult(number == 1
            ? StubTransport.Answer(HttpStatusCode.Conflict, """{ "type": "https://soonshop.dev/problems/conflict" }""", RetryAfter(2))
            : StubTransport.Answer(HttpStatusCode.OK, """{ "id": "0b6f4a52-8d1b-4c2f-9b7e-2f6f0c3d9a11" }""")));
        using var client = Client(transport);
        Assert.Equal("0b6f4a52-8d1b-4c2f-9b7e-2f6f0c3d9a11", $"{(await client.OpenCartAsync()).Id}");
        Assert.InRange(Assert.Single(time.Waits), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2.4));
    }

    [Fact]
    public async Task a_retry_after_beyond_the_limit_is_told_at_once()
    {
        var transport = StubTransport.Of(HttpStatusCode.TooManyRequests, "{}", RetryAfter(31));
        using var client = Client(transport);
        var error = await Clients.FailsAsync(() => client.GetProfileAsync());
        Assert.Equal((SoonShopErrorCodes.RateLimited, TimeSpan.FromSeconds(31), 1), (error.Code, error.RetryAfter, error.Tries));
        Assert.Empty(time.Waits);
    }

    [Fact]
    public async Task waits_grow_up_to_their_limit()
    {
        using var client = Client(
            StubTransport.Of(HttpStatusCode.BadGateway, ""),
            o => (o.MaxRetries, o.FirstRetryDelay, o.MaxRetryDelay) = (10, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)));
        var error = await Clients.FailsAsync(() => client.GetProfileAsync());
        Assert.Equal((SoonShopErrorCodes.Unavailable, 11), (error.Code, error.Tries));
        Assert.All(time.Waits, wait => Assert.InRange(wait, TimeSpan.Zero, TimeSpan.FromSeconds(5)));
        Assert.True(time.Waits[^1] > time.Waits[0]);
    }

    [Fact]
    public async Task a_try_without_an_answer_is_ended_and_another_one_made()
    {
        var transport = new StubTransport(async (_, number, cancelled) =>
        {
            if (number == 1)
                await SilentAsync(TryTimeout, cancelled);
            return StubTransport.Answer(HttpStatusCode.OK, Profile);
        });
        using var client = Client(transport);
        Assert.Equal("ada@example.com", (await client.GetProfileAsync()).Email);
        Assert.Equal(2, transport.Requests);
    }

    [Fact]
    public async Task a_call_ends_after_its_whole_time()
    {
        var transport = new StubTransport(async (_, _, cancelled) =>
        {
            await SilentAsync(TotalTimeout, cancelled);
            throw new InvalidOperationException("It was cancelled.");
        });
        using var client = Client(transport);
        var error = await Clients.FailsAsync(() => client.GetProfileAsync());
        Assert.Equal((SoonShopErrorCodes.NoAnswer, null, 1), (error.Code, error.Status, error.Tries));
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public async Task a_file_is_sent_again_only_if_it_can_be_read_again(bool canSeek, int tries)
    {
        var bodies = new List<string>();
        var transport = new StubTransport(async (request, number, _) =>
        {
            // As a connection does, which keeps nothing.
            using var sent = new MemoryStream();
            await request.Content!.CopyToAsync(sent, TestContext.Current.CancellationToken);
            bodies.Add(Encoding.UTF8.GetString(sent.ToArray()));
            return StubTransport.Answer(number == 1 ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK, "{}");
        });
        using var client = Client(transport);
        using var file = new MemoryStream("SKU,On hand\n"u8.ToArray());
        var error = await Record.ExceptionAsync(() => client.CreateImportJobAsync("stock", canSeek ? file : new Unseekable(file)));
        Assert.Equal(canSeek, error is null);
        Assert.Equal(Enumerable.Repeat("SKU,On hand\n", tries), bodies);
    }

    [Fact]
    public async Task an_answer_that_is_too_large_is_not_asked_for_again()
    {
        var transport = StubTransport.Of(HttpStatusCode.OK, $$"""{ "email": "{{new string('x', 2000)}}" }""");
        using var client = Client(transport, o => o.MaxAnswerBytes = 1024);
        Assert.Equal(SoonShopErrorCodes.NoAnswer, (await Clients.FailsAsync(() => client.GetProfileAsync())).Code);
        Assert.Equal(1, transport.Requests);
    }

    private SoonShopClient Client(StubTransport transport, Action<SoonShopClientOptions>? configure = null)
    {
        var options = new SoonShopClientOptions
        {
            Address = new Uri("https://shop.example"),
            MaxRetries = 2,
            TryTimeout = TryTimeout,
            TotalTimeout = TotalTimeout,
            TimeProvider = time,
        };
        configure?.Invoke(options);
        return new SoonShopClient(options, transport);
    }

    /// <summary>Waits until a timeout, which is over now, cancels the request.</summary>
    private async Task SilentAsync(TimeSpan timeout, CancellationToken cancelled)
    {
        var silence = Task.Delay(Timeout.InfiniteTimeSpan, cancelled);
        Assert.True(time.Elapse(timeout), "No timeout of this duration runs.");
        await silence;
    }

    private static Action<HttpResponseMessage> RetryAfter(int seconds) =>
        response => response.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(seconds));

    private sealed class Unseekable(Stream inner) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);
        public override void Flush() => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
