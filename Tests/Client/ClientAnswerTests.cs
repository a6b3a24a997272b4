using System.Net;
using System.Text.Json.Nodes;
using SoonShop.Tests.Documents;

namespace SoonShop.Tests.Client;

using SoonShop.Client;

/// <summary>Answers of a shop that is newer than the client, or of something that is no shop; without a shop.</summary>
public sealed class ClientAnswerTests
{
    [Fact]
    public async Task values_and_members_of_a_newer_shop_are_read()
    {
        using var client = Client(StubTransport.Of(HttpStatusCode.OK, """
            {
              "id": "0b6f4a52-8d1b-4c2f-9b7e-2f6f0c3d9a11", "number": "S-1", "status": "onItsWay", "deliveredBy": { "drone": 7 },
              "total": { "amount": 9007199254740993, "currency": "JPY", "unit": "yen" },
              "timeline": [
                { "at": "2026-11-01T10:00:00Z", "status": "confirmed", "by": "x" },
                { "at": "2026-11-02T10:00:00Z", "status": "onItsWay" }
              ]
            }
            """));
        var order = await client.GetOrderAsync(Guid.NewGuid());
        Assert.Equal("onItsWay", order.Status.Value);
        Assert.NotEqual(OrderStatus.Shipped, order.Status);
        Assert.Equal([OrderStatus.Confirmed, order.Status], order.Timeline.Select(t => t.Status));
        Assert.Equal((9007199254740993, "JPY"), (order.Total.Amount, order.Total.Currency));
    }

    [Fact]
    public async Task what_an_older_shop_leaves_out_is_not_there()
    {
        using var client = Client(StubTransport.Of(HttpStatusCode.OK, """{ "email": "ada@example.com" }"""));
        var user = await client.GetProfileAsync();
        Assert.Equal("ada@example.com", user.Email);
        Assert.Null(user.DisplayName);
    }

    [Fact]
    public async Task an_amount_without_a_number_is_not_zero()
    {
        using var client = Client(StubTransport.Of(HttpStatusCode.OK, """{ "total": { "currency": "USD" } }"""));
        var error = await Clients.FailsAsync(() => client.GetOrderAsync(Guid.NewGuid()));
        Assert.Equal((SoonShopErrorCodes.UnreadableAnswer, HttpStatusCode.OK), (error.Code, error.Status));
    }

    [Fact]
    public async Task values_are_written_as_the_shop_names_them()
    {
        var body = "";
        var transport = new StubTransport(async (request, _, _) =>
        {
            body = await request.Content!.ReadAsStringAsync(TestContext.Current.CancellationToken);
            return StubTransport.Answer(HttpStatusCode.OK, """{ "levels": { "Npgsql": "warning", "Orleans": "shout" } }""");
        });
        using var client = Client(transport);
        var wanted = new Dictionary<string, LogDetail> { ["Npgsql"] = LogDetail.Warning };
        var levels = await client.SetLogLevelsAsync(new LogLevelsRequest { Levels = wanted });
        Assert.Equal("warning", (string?)JsonNode.Parse(body)!["levels"]!["Npgsql"]);
        Assert.Equal(LogDetail.Warning, levels.Levels["Npgsql"]);
        Assert.Equal("shout", levels.Levels["Orleans"].Value);
    }

    [Fact]
    public async Task what_is_not_set_is_not_sent()
    {
        var (target, body) = ("", "");
        var transport = new StubTransport(async (request, _, _) =>
        {
            target = request.RequestUri!.AbsoluteUri;
            body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            return StubTransport.Answer(HttpStatusCode.OK, """{ "items": [] }""");
        });
        using var client = new SoonShopClient(new SoonShopClientOptions { Address = new Uri("https://example.org/shop/") }, transport);
        await client.SearchProductsAsync(q: "a b&c=d", inStock: true, minPrice: 1000, sort: Sort.PriceDescending);
        Assert.Equal("https://example.org/shop/api/v1/products?q=a%20b%26c%3Dd&minPrice=1000&inStock=true&sort=-price", target);
        await client.QuoteCartAsync(new CartQuoteBody { Currency = "EUR" });
        Assert.Equal("""{"currency":"EUR"}""", body);
        await client.GetProductAsync("A/../B");
        Assert.Equal("https://example.org/shop/api/v1/products/A%2F..%2FB", target);
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetProductAsync(".."));
        await Assert.ThrowsAsync<ArgumentException>(() => client.OpenCartAsync(idempotencyKey: "new\nline"));
    }

    [Fact]
    public async Task a_problem_that_leads_to_a_page_has_its_code()
    {
        using var client = Client(StubTransport.Of(HttpStatusCode.Conflict, """
            {
              "type": "https://shop.example/docs/problems.md#out-of-stock", "title": "Out of stock", "status": 409,
              "detail": "Stock cannot fill the order.", "instance": "/api/v1/orders", "traceId": "4bf9",
              "lines": [{ "sku": "TEA", "requested": 3, "available": 1 }]
            }
            """));
        var error = await Clients.FailsAsync(() => client.OpenCartAsync());
        Assert.Equal((SoonShopErrorCodes.OutOfStock, "Stock cannot fill the order.", "4bf9"), (error.Code, error.Detail, error.TraceId));
        Assert.Equal(1, error.Extensions["lines"][0].GetProperty("available").GetInt32());
        Assert.Equal(["lines"], error.Extensions.Keys);
        Assert.Equal(0, error.Extension<int>("orderId"));
    }

    [Theory]
    [InlineData(404, "<html>", "bad-request")]
    [InlineData(500, "", "internal-error")]
    [InlineData(501, "[1]", "internal-error")]
    [InlineData(401, """{ "type": 1, "errors": 2 }""", "bad-request")]
    public async Task an_answer_that_is_no_problem_has_the_code_of_its_status(int status, string body, string code)
    {
        using var client = Client(StubTransport.Of((HttpStatusCode)status, body));
        var error = await Clients.FailsAsync(() => client.GetProfileAsync());
        Assert.Equal((code, status), (error.Code, (int)error.Status!));
        Assert.Empty(error.Errors);
    }

    [Fact]
    public void every_problem_has_a_constant()
    {
        var constants = typeof(SoonShopErrorCodes).GetFields().Select(f => (string)f.GetRawConstantValue()!).ToHashSet();
        var documented = Markdown.At(Path.Combine("docs", "problems.md")).Prose
            .Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..]).ToArray();
        Assert.Contains(SoonShopErrorCodes.PaymentDeclined, documented);
        Assert.Empty(documented.Except(constants));
    }

    private static SoonShopClient Client(StubTransport transport) =>
        new(new SoonShopClientOptions { Address = new Uri("https://shop.example"), MaxRetries = 0 }, transport);
}
