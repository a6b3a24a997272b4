using System.Text.Json;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>
/// Rules that make no sense are refused, with everything that is wrong, in the client's language. Nothing here creates a rule.
/// </summary>
[Collection(nameof(SecondRunningShop))]
public sealed class PricingInputTests(RunningShop shop)
{
    private ApiClient Admin => shop.Admin;

    [Theory]
    // Members that do not exist, are of another case, or stand twice.
    [InlineData("promotions", """{ "name": "n", "action": { "kind": "orderDiscount", "percentPpm": 1 }, "discont": 1 }""", "discont")]
    [InlineData(
        "promotions", """{ "name": "n", "action": { "kind": "orderDiscount", "percentPpm": 1, "percent": 10 } }""", "action.percent")]
    [InlineData(
        "promotions",
        """{ "name": "n", "action": { "kind": "orderDiscount", "percentPpm": 1 }, "conditions": { "items": { "sku": [] } } }""",
        "conditions.items.sku")]
    [InlineData("promotions", """{ "Name": "n", "action": { "kind": "orderDiscount", "percentPpm": 1 } }""", "Name")]
    [InlineData("promotions", """{ "name": "n", "name": "m", "action": { "kind": "orderDiscount", "percentPpm": 1 } }""", "name")]
    [InlineData("promotions", """{ "name": "n", "status": "active", "action": { "kind": "orderDiscount", "percentPpm": 1 } }""", "status")]
    // Values of a wrong type, or none of a word's.
    [InlineData("promotions", """{ "name": "n", "action": { "kind": "everything" } }""", "action.kind")]
    [InlineData("promotions", """{ "name": "n", "action": { "kind": "orderDiscount", "percentPpm": 10.5 } }""", "action.percentPpm")]
    [InlineData("promotions", """{ "name": "n", "action": { "kind": "orderDiscount", "percentPpm": "10" } }""", "action.percentPpm")]
    [InlineData(
        "promotions", """{ "name": "n", "combines": "order", "action": { "kind": "orderDiscount", "percentPpm": 1 } }""", "combines")]
    [InlineData(
        "promotions", """{ "name": "n", "combines": ["order", "everything"], "action": { "kind": "orderDiscount", "percentPpm": 1 } }""",
        "combines[1]")]
    [InlineData(
        "promotions", """{ "name": "n", "combines": [7], "action": { "kind": "orderDiscount", "percentPpm": 1 } }""", "combines[0]")]
    [InlineData("promotions", """{ "name": "n", "from": "soon", "action": { "kind": "orderDiscount", "percentPpm": 1 } }""", "from")]
    [InlineData(
        "promotions", """{ "name": "n", "maxDiscount": [{ "amount": 5 }], "action": { "kind": "orderDiscount", "percentPpm": 1 } }""",
        "maxDiscount[0].currency")]
    // Values beyond every limit.
    [InlineData("promotions", """{ "name": "n", "action": { "kind": "orderDiscount", "percentPpm": -1 } }""", "action.percentPpm")]
    [InlineData("promotions", """{ "name": "n", "action": { "kind": "orderDiscount", "percentPpm": 0 } }""", "action.percentPpm")]
    [InlineData("promotions", """{ "name": "n", "action": { "kind": "orderDiscount", "percentPpm": 1000001 } }""", "action.percentPpm")]
    [InlineData("promotions", """{ "name": "n", "action": { "kind": "orderDiscount", "percentPpm": 99999999999 } }""", "action.percentPpm")]
    [InlineData(
        "promotions", """{ "name": "n", "action": { "kind": "orderDiscount", "amounts": [{ "amount": -5, "currency": "USD" }] } }""",
        "action.amounts[0].amount")]
    [InlineData(
        "promotions",
        """{ "name": "n", "action": { "kind": "orderDiscount", "amounts": [{ "amount": 9223372036854775807, "currency": "USD" }] } }""",
        "action.amounts[0].amount")]
    [InlineData(
        "promotions",
        """{ "name": "n", "action": { "kind": "orderDiscount", "amounts": """
            + """[{ "amount": 1, "currency": "USD" }, { "amount": 2, "currency": "USD" }] } }""",
        "action.amounts[1].currency")]
    [InlineData(
        "promotions", """{ "name": "n", "action": { "kind": "buyXGetY", "buyUnits": -2, "getUnits": 1, "percentPpm": 1000000 } }""",
        "action.buyUnits")]
    [InlineData("promotions", """{ "name": "n", "action": { "kind": "gift", "giftSku": "!", "getUnits": 1 } }""", "action.giftSku")]
    [InlineData("promotions", """{ "name": "n", "maxUses": -1, "action": { "kind": "orderDiscount", "percentPpm": 1 } }""", "maxUses")]
    [InlineData("promotions", """{ "name": "n", "trigger": "code", "action": { "kind": "orderDiscount", "percentPpm": 1 } }""", "code")]
    [InlineData(
        "promotions", """{ "name": "n", "trigger": "code", "code": "two words", "action": { "kind": "orderDiscount", "percentPpm": 1 } }""",
        "code")]
    [InlineData(
        "promotions",
        """{ "name": "n", "from": "2027-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z", "action": """
            + """{ "kind": "orderDiscount", "percentPpm": 1 } }""",
        "to")]
    [InlineData(
        "promotions", """{ "name": "n", "texts": { "fr": "dix pour cent" }, "action": { "kind": "orderDiscount", "percentPpm": 1 } }""",
        "texts")]
    [InlineData(
        "promotions", """{ "name": "n", "conditions": { "countries": ["UK"] }, "action": { "kind": "orderDiscount", "percentPpm": 1 } }""",
        "conditions.countries")]
    [InlineData(
        "promotions",
        """{ "name": "n", "conditions": { "items": { "skus": ["MUG", null] } }, "action": { "kind": "orderDiscount", "percentPpm": 1 } }""",
        "conditions.items.skus")]
    [InlineData("promotions", """{ "name": "a\nb", "action": { "kind": "orderDiscount", "percentPpm": 1 } }""", "name")]
    [InlineData("promotions", """{ "id": "Not A Slug", "name": "n", "action": { "kind": "orderDiscount", "percentPpm": 1 } }""", "id")]
    [InlineData("tax/zones", """{ "name": "n", "areas": [] }""", "areas")]
    [InlineData("tax/zones", """{ "name": "n", "areas": [{ "country": "EU" }] }""", "areas[0].country")]
    [InlineData("tax/zones", """{ "name": "n", "areas": [{ "region": "NY" }] }""", "areas[0].region")]
    [InlineData("tax/zones", """{ "name": "n", "areas": [null] }""", "areas")]
    [InlineData("tax/rates", """{ "name": "n", "zoneId": "gb", "ppm": -1 }""", "ppm")]
    [InlineData("tax/rates", """{ "name": "n", "zoneId": "gb", "ppm": 1000001 }""", "ppm")]
    [InlineData("tax/rates", """{ "name": "n", "zoneId": "gb" }""", "ppm")]
    [InlineData("tax/rates", """{ "name": "n", "zoneId": "nowhere", "ppm": 1 }""", "zoneId")]
    [InlineData("shipping/methods", """{ "name": "n", "prices": [{ "zoneId": "nowhere", "currency": "USD" }] }""", "prices[0].zoneId")]
    [InlineData(
        "shipping/methods", """{ "name": "n", "prices": [{ "zoneId": "gb", "currency": "USD", "amount": -1 }] }""", "prices[0].amount")]
    [InlineData("shipping/methods", """{ "name": "n", "prices": [{ "zoneId": "gb", "currency": "usd" }] }""", "prices[0].currency")]
    [InlineData(
        "shipping/methods",
        """{ "name": "n", "prices": [{ "zoneId": "gb", "currency": "USD", "kind": "byWeight", "tiers": """
            + """[{ "from": 5, "amount": 1 }, { "from": 5, "amount": 2 }] }] }""",
        "prices[0].tiers[1].from")]
    [InlineData(
        "shipping/methods", """{ "name": "n", "prices": [{ "zoneId": "gb", "currency": "USD", "tiers": [{ "amount": 1 }] }] }""",
        "prices[0].tiers[0].from")]
    [InlineData("shipping/methods", """{ "name": "n", "prices": [], "minDays": 9, "maxDays": 3 }""", "maxDays")]
    [InlineData("shipping/methods", """{ "name": "n", "prices": [], "position": -1 }""", "position")]
    [InlineData(
        "shipping/methods", """{ "name": "n", "prices": [], "trackingUrlTemplate": "javascript:alert({number})" }""",
        "trackingUrlTemplate")]
    [InlineData("promotions", """{ "name": "n", "action": { "kind": "gift", "giftSku": "NONE", "getUnits": 1 } }""", "action.giftSku")]
    [InlineData("customer-groups", """{ "description": "Friends" }""", "name")]
    [InlineData("customer-groups", """{ "name": "n", "description": "\u0007" }""", "description")]
    [InlineData("price-lists", """{ "name": "", "customerGroups": ["Wholesale"] }""", "customerGroups")]
    [InlineData("price-lists", """{ "name": "For everybody" }""", "customerGroups")]
    [InlineData("price-lists", """{ "name": "For everybody", "customerGroups": [] }""", "customerGroups")]
    [InlineData("tax/zones", """{ "name": "n", "areas": [{ "country": "US", "region": "Bavaria" }] }""", "areas[0].region")]
    [InlineData("shipping/zones", """{ "name": "n", "areas": [{ "country": "CA", "region": "NY" }] }""", "areas[0].region")]
    [InlineData("tax/settings", """{ "rounding": "perLine", "taxInsideCurrencies": ["QQQ"] }""", "taxInsideCurrencies", "PUT")]
    [InlineData("promotions", """{ "name": "n", "budget": [{ "amount": 1, "currency": "QQQ" }] }""", "budget")]
    [InlineData(
        "shipping/methods", """{ "name": "n", "prices": [{ "zoneId": "gb", "currency": "QQQ", "amount": 1 }] }""", "prices[0].currency")]
    [InlineData("promotions", """{ "name": "n", "trigger": "code", "code": "A/B" }""", "code")]
    [InlineData("promotions", """{ "name": "n", "trigger": "code", "code": ".." }""", "code")]
    [InlineData("promotions", """{ "name": "n", "trigger": "code", "code": "50%OFF" }""", "code")]
    public async Task what_makes_no_sense_is_refused_by_name(string path, string body, string field, string method = "POST")
    {
        var reply = Expect.Invalid(field, await Admin.SendAsync(new HttpMethod(method), $"/admin/{path}", Make.Json(body)));
        Assert.All(reply["errors"]!.AsObject(), e => Assert.All(e.Value!.AsArray(), text => Assert.NotEmpty(text!.GetValue<string>())));
    }

    [Fact]
    public async Task everything_that_is_wrong_is_said_at_once()
    {
        var body = Make.Json("""
            { "name": "n", "priority": 2000000000, "maxUses": -5, "maxUnits": -1,
              "to": "2000-01-01T00:00:00Z", "from": "2001-01-01T00:00:00Z",
              "conditions": { "minUnits": -1, "minSubtotal": [{ "amount": -1, "currency": "usd" }] },
              "action": { "kind": "unitDiscount", "percentPpm": 2000000, "buyUnits": 3 } }
            """);
        Assert.Equal(
            [
                "action.buyUnits", "action.percentPpm", "conditions.minSubtotal[0].amount", "conditions.minSubtotal[0].currency",
                "conditions.minUnits", "maxUnits", "maxUses", "priority", "to",
            ],
            Expect.Fields(Expect.Problem(400, "validation-failed", await Admin.PostAsync("/admin/promotions", body)))
                .Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task errors_are_said_in_chinese_too()
    {
        using var http = new HttpClient { BaseAddress = shop.Api.Http.BaseAddress };
        http.DefaultRequestHeaders.Add("Accept-Language", "zh");
        var chinese = Admin with { Http = http };

        Assert.Equal("未找到促销活动 none。", Expect.Problem(404, "not-found", await chinese.GetAsync("/admin/promotions/none")).Text("detail"));
        Assert.Equal(
            "税区 gb 仍被以下规则使用：tax-rate/gb。请先更改或归档它们。", Expect.Problem(409, "conflict", await chinese.DeleteAsync("/admin/tax/zones/gb"))
                .Text("detail"));
        var slug = Expect.Invalid("id", await chinese.PostAsync("/admin/price-lists", new { id = "Not A Slug", name = "n" }));
        Assert.Equal("必须是由 a–z、0–9 和 - 组成的短名称（slug）", slug.Text("errors.id.0"));
        var unknown = Expect.Invalid("priorty", await chinese.PostAsync("/admin/price-lists", new { name = "n", priorty = 1 }));
        Assert.Matches(@"\p{IsCJKUnifiedIdeographs}", unknown.Text("errors.priorty.0"));
        var rate = Expect.Invalid("ppm", await chinese.PostAsync("/admin/tax/rates", new { name = "n", zoneId = "gb", ppm = -1 }));
        Assert.Matches(@"\p{IsCJKUnifiedIdeographs}", rate.Text("errors.ppm.0"));
        var product = Expect.Invalid(
            "lines[0].sku", await chinese.PostAsync(
                "/admin/pricing/preview", new { lines = new[] { new { sku = "NONE", quantity = 1 } } }));
        Assert.Equal("不是本店的商品", product["errors"]!["lines[0].sku"]![0]!.GetValue<string>());
    }

    [Fact]
    public async Task a_body_that_is_too_large_is_refused()
    {
        var skus = Enumerable.Range(0, 10_001).Select(i => $"S-{i}").ToArray();
        var body = new
        {
            name = "n",
            enabled = false,
            conditions = new { items = new { skus } },
            action = new { kind = "orderDiscount", percentPpm = 1 },
        };
        Expect.Invalid("conditions.items.skus", await Admin.PostAsync("/admin/promotions", body));
        var larger = Enumerable.Range(0, 10_000).Select(i => $"S-{i:d60}").ToArray();
        var three = new { skus = larger, excludedSkus = larger, categories = larger.Select(s => s.ToLowerInvariant()).ToArray() };
        // The shop reads to its end what it refuses by its length; without one, the answer may be lost with the connection.
        var json = JsonSerializer.Serialize(new { name = "n", conditions = new { items = three }, action = body.action });
        Expect.Problem(413, "payload-too-large", await Admin.PostAsync("/admin/promotions", Make.Json(json)));
    }
}
