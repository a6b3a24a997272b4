using System.Text.Json.Nodes;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Rules;

/// <summary>What the examples of the OpenAPI document show adds up.</summary>
public sealed class ExampleSumsTests
{
    private static readonly JsonNode Document = JsonNode.Parse(
        File.ReadAllText(Path.Combine(Repository.Root, "ApiFrontend", "openapi", "v1.json")))!;

    [Fact]
    public void every_order_adds_up() => ForEach("Order", order =>
    {
        Assert.All(order["lines"]!.AsArray(), line =>
            Assert.Equal(Amount(line!, "unitPrice") * line!["quantity"]!.GetValue<long>(), Amount(line, "lineTotal")));
        Assert.Equal(order["lines"]!.AsArray().Sum(l => Amount(l!, "lineTotal")), Amount(order, "subtotal"));
        Assert.Equal(
            Amount(order, "subtotal") + Amount(order, "shipping") + Amount(order, "tax") - Amount(order, "discount"),
            Amount(order, "total"));
        Assert.InRange(order["lines"]!.AsArray().Sum(l => Amount(l!, "tax")), 0, Amount(order, "tax"));
        Assert.Equal(Amount(order, "total"), Amount(order["payment"]!, "amount"));
    });

    [Fact]
    public void every_cart_adds_up() => ForEach("Cart", cart =>
    {
        Assert.All(cart["items"]!.AsArray(), line =>
            Assert.Equal(Amount(line!, "unitPrice") * line!["quantity"]!.GetValue<long>(), Amount(line, "lineTotal")));
        Assert.Equal(cart["items"]!.AsArray().Sum(l => Amount(l!, "lineTotal")), Amount(cart, "subtotal"));
    });

    [Theory]
    [InlineData("Payment")]
    [InlineData("OrderPayment")]
    public void every_payment_took_what_its_status_says(string schema) => ForEach(schema, payment =>
    {
        Assert.Equal("captured", payment["status"]!.GetValue<string>());
        Assert.Equal(Amount(payment, "amount"), Amount(payment, "captured"));
        Assert.Equal(0, Amount(payment, "refunded"));
    });

    private static long Amount(JsonNode owner, string name)
    {
        Assert.Equal("USD", owner[name]!["currency"]!.GetValue<string>());
        return owner[name]!["amount"]!.GetValue<long>();
    }

    /// <summary>Every value of a schema within the examples of requests and answers.</summary>
    private static void ForEach(string schema, Action<JsonNode> test)
    {
        var found = (from path in Document["paths"]!.AsObject()
                     from operation in path.Value!.AsObject()
                     from content in Contents(operation.Value!)
                     from value in Within(content["schema"]?.AsObject(), content["example"], schema)
                     select value).ToArray();
        Assert.NotEmpty(found);
        Assert.All(found, test);
    }

    private static IEnumerable<JsonNode> Contents(JsonNode operation) =>
        from owner in (operation["responses"]?.AsObject() ?? []).Select(r => r.Value).Append(operation["requestBody"])
        where owner?["content"] is not null
        from content in owner!["content"]!.AsObject()
        select content.Value;

    private static IEnumerable<JsonNode> Within(JsonObject? schema, JsonNode? value, string wanted)
    {
        if (schema is null || value is null)
            return [];
        if (schema["oneOf"] is JsonArray choices)
            return Within(choices.Select(c => c!.AsObject()).FirstOrDefault(c => c["$ref"] is not null), value, wanted);
        if (schema["$ref"]?.GetValue<string>().Split('/')[^1] is { } name)
            return name == wanted ? [value, .. Within(Document["components"]!["schemas"]![name]!.AsObject(), value, wanted)]
                : Within(Document["components"]!["schemas"]![name]!.AsObject(), value, wanted);
        return value switch
        {
            JsonArray items => items.SelectMany(i => Within(schema["items"]?.AsObject(), i, wanted)),
            JsonObject members => members.SelectMany(m => Within(schema["properties"]?[m.Key]?.AsObject(), m.Value, wanted)),
            _ => [],
        };
    }
}
