using System.Text.Json.Nodes;

namespace SoonShop.ApiFrontend.Contract;

/// <summary>
/// Examples of pricing rules. Together they are a small set of rules: sent in the order of the document, each is granted.
/// </summary>
internal static class PricingExamples
{
    /// <summary>Examples by schema and field.</summary>
    public static readonly IReadOnlyDictionary<string, Func<JsonNode?>> Known = All()
        .Concat(Members("PricingPreviewRequest", PreviewRequest)).Concat(Members("PricingPreviewResponse", PreviewResponse))
        .ToDictionary(StringComparer.Ordinal);

    /// <summary>Two bags of coffee for the United Kingdom.</summary>
    private const string PreviewRequest = """
        {
          "lines": [{ "sku": "COFFEE-HOUSE-1KG", "quantity": 2 }],
          "currency": "USD",
          "destination": { "country": "GB", "region": null, "postalCode": "SW1Y 4JH" },
          "shippingMethod": "standard",
          "codes": ["SUMMER10", "SPRING"],
          "customerId": null,
          "groups": ["wholesale"],
          "taxExemptionReason": null,
          "isFirstOrder": true,
          "at": "2026-07-01T00:00:00Z"
        }
        """;

    /// <summary>The response to it: 10 % off the coffee, and 20 % tax on what is left and on shipping.</summary>
    private const string PreviewResponse = """
        {
          "rulesVersion": 7,
          "currency": "USD",
          "taxInside": false,
          "taxStatus": "computed",
          "taxExemptionReason": null,
          "lines": [{
            "sku": "COFFEE-HOUSE-1KG", "quantity": 2, "unitPrice": { "amount": 1999, "currency": "USD" }, "priceList": null, "giftOf": null,
            "gross": { "amount": 3998, "currency": "USD" },
            "discounts": [
              { "promotionId": "summer-2026", "stage": "line", "amount": { "amount": 400, "currency": "USD" }, "code": "SUMMER10" }
            ],
            "taxes": [
              {
                "rateId": "gb", "ppm": 200000, "base": { "amount": 3598, "currency": "USD" },
                "amount": { "amount": 720, "currency": "USD" }
              }
            ],
            "discount": { "amount": 400, "currency": "USD" }, "tax": { "amount": 720, "currency": "USD" },
            "payable": { "amount": 4318, "currency": "USD" }
          }],
          "shipping": {
            "method": "standard", "name": "Standard", "cost": { "amount": 699, "currency": "USD" }, "discounts": [],
            "taxes": [
              {
                "rateId": "gb", "ppm": 200000, "base": { "amount": 699, "currency": "USD" },
                "amount": { "amount": 140, "currency": "USD" }
              }
            ],
            "discount": { "amount": 0, "currency": "USD" }, "tax": { "amount": 140, "currency": "USD" },
            "payable": { "amount": 839, "currency": "USD" }
          },
          "taxes": [{
            "rateId": "gb", "name": "Tax", "zoneId": "gb", "zoneName": "GB", "ppm": 200000, "isCompound": false,
            "base": { "amount": 4297, "currency": "USD" }, "amount": { "amount": 860, "currency": "USD" }
          }],
          "promotions": [
            {
              "id": "summer-2026", "name": "Summer sale", "stage": "line", "code": "SUMMER10",
              "discount": { "amount": 400, "currency": "USD" }
            }
          ],
          "refusedCodes": [
            { "code": "SPRING", "promotionId": null, "reasonCode": "promotion.unknown-code", "reason": "This code does not exist." }
          ],
          "problems": [],
          "subtotal": { "amount": 3998, "currency": "USD" },
          "discount": { "amount": 400, "currency": "USD" },
          "shippingCost": { "amount": 699, "currency": "USD" },
          "tax": { "amount": 860, "currency": "USD" },
          "taxDeducted": { "amount": 0, "currency": "USD" },
          "rounding": { "amount": 0, "currency": "USD" },
          "total": { "amount": 5157, "currency": "USD" },
          "taxProvider": null,
          "outcomes": [
            {
              "kind": "promotion", "id": "summer-2026", "applies": true, "amount": { "amount": 400, "currency": "USD" },
              "reasonCode": null, "reason": null
            },
            {
              "kind": "shippingMethod", "id": "express", "applies": false, "amount": { "amount": 0, "currency": "USD" },
              "reasonCode": "rule.not-chosen", "reason": "It is not chosen."
            }
          ]
        }
        """;

    /// <summary>The members of a whole example.</summary>
    private static IEnumerable<KeyValuePair<string, Func<JsonNode?>>> Members(string schema, string json) =>
        JsonNode.Parse(json)!.AsObject().Select(m =>
            KeyValuePair.Create($"{schema}.{m.Key}", (Func<JsonNode?>)(() => m.Value?.DeepClone())));

    private static IEnumerable<KeyValuePair<string, Func<JsonNode?>>> All()
    {
        // A body and the response to it have the same content.
        foreach (var schema in (string[])["PromotionRequest", "PromotionResponse"])
        {
            yield return new($"{schema}.id", () => "summer-2026");
            yield return new($"{schema}.name", () => "Summer sale");
            yield return new($"{schema}.texts", () => new JsonObject { ["en"] = "10 % off coffee", ["zh"] = "咖啡九折" });
            yield return new($"{schema}.code", () => "SUMMER10");
            yield return new($"{schema}.trigger", () => "code");
            yield return new($"{schema}.combines", () => new JsonArray("shipping"));
            yield return new($"{schema}.stage", () => "line");
            yield return new($"{schema}.priority", () => 10);
            yield return new($"{schema}.conditions", Conditions);
            yield return new($"{schema}.action", Action);
            yield return new($"{schema}.maxDiscount", () => new JsonArray(Dollars(2000)));
            yield return new($"{schema}.maxUnits", () => 10);
            yield return new($"{schema}.maxUses", () => 5000);
            yield return new($"{schema}.maxUsesPerCustomer", () => 1);
            yield return new($"{schema}.budget", () => new JsonArray(Dollars(1_000_000)));
        }
        yield return new("PromotionUsesResponse.reserved", () => 2);
        yield return new("PromotionUsesResponse.committed", () => 118);
        yield return new("PromotionUsesResponse.limit", () => 5000);
        yield return new("PromotionUsesResponse.budgets", () => new JsonArray(
            new JsonObject { ["currency"] = "USD", ["reserved"] = 1200, ["committed"] = 70_800, ["limit"] = 1_000_000 }));
        foreach (var schema in (string[])["TaxZoneRequest", "ShippingZoneRequest", "ZoneResponse"])
        {
            yield return new($"{schema}.id", () => "bavaria");
            yield return new($"{schema}.name", () => "Bavaria");
            yield return new($"{schema}.areas", () => new JsonArray(
                new JsonObject { ["country"] = "DE", ["region"] = "Bayern", ["postalCodePrefix"] = null }));
        }
        foreach (var schema in (string[])["TaxRateRequest", "TaxRateResponse"])
        {
            yield return new($"{schema}.id", () => "bavaria-reduced");
            yield return new($"{schema}.name", () => "VAT 7 %");
            yield return new($"{schema}.zoneId", () => "bavaria");
            yield return new($"{schema}.category", () => "reduced");
            yield return new($"{schema}.ppm", () => 70_000);
            yield return new($"{schema}.isCompound", () => false);
            yield return new($"{schema}.position", () => 0);
        }
        foreach (var schema in (string[])["TaxSettingsRequest", "TaxSettingsResponse"])
        {
            yield return new($"{schema}.rounding", () => "perLine");
            yield return new($"{schema}.taxInsideCurrencies", () => new JsonArray("EUR"));
        }
        foreach (var schema in (string[])["ShippingMethodRequest", "ShippingMethodResponse"])
        {
            yield return new($"{schema}.id", () => "express");
            yield return new($"{schema}.name", () => "Express");
            yield return new($"{schema}.kind", () => "delivery");
            yield return new($"{schema}.position", () => 0);
            yield return new($"{schema}.carrier", () => "DHL");
            yield return new($"{schema}.minDays", () => 1);
            yield return new($"{schema}.maxDays", () => 2);
            yield return new($"{schema}.trackingUrlTemplate", () => "https://tracking.example.com/{number}");
            yield return new($"{schema}.taxCategory", () => "standard");
            yield return new($"{schema}.prices", () => new JsonArray(Price()));
            yield return new($"{schema}.minWeightGrams", () => null);
            yield return new($"{schema}.maxWeightGrams", () => 30_000);
            yield return new($"{schema}.sizeClasses", () => new JsonArray());
            yield return new($"{schema}.customerGroups", () => new JsonArray());
        }
        foreach (var schema in (string[])["PriceListRequest", "PriceListResponse"])
        {
            yield return new($"{schema}.id", () => "wholesale");
            yield return new($"{schema}.name", () => "Wholesale");
            yield return new($"{schema}.priority", () => 0);
            yield return new($"{schema}.customerGroups", () => new JsonArray("wholesale"));
        }
        foreach (var schema in (string[])["CustomerGroupRequest", "CustomerGroupResponse"])
        {
            yield return new($"{schema}.id", () => "wholesale");
            yield return new($"{schema}.name", () => "Wholesale");
            yield return new($"{schema}.description", () => "Shops that buy from us");
        }
        foreach (var schema in (string[])["ProductPriceRequest", "ProductPriceView"])
            yield return new($"{schema}.listId", () => "wholesale");
        foreach (var schema in (string[])["UserPricingRequest", "UserPricingResponse"])
        {
            yield return new($"{schema}.groups", () => new JsonArray("wholesale"));
            yield return new($"{schema}.taxExemptionReason", () => "VAT DE123456789");
        }
        foreach (var schema in (string[])[
            "PromotionResponse", "ZoneResponse", "TaxRateResponse", "ShippingMethodResponse", "PriceListResponse",
            "CustomerGroupResponse"])
            yield return new($"{schema}.archivedAt", () => null);
        yield return new("GenerateCodesRequest.count", () => 1000);
        yield return new("CodeBatchResponse.count", () => 1000);
        yield return new("PromotionCodeResponse.code", () => "K7QZ-0001-9XWM-2R5T");
        yield return new("PromotionCodeResponse.used", () => false);
        yield return new("RuleChange.actor", () => "0b6f4a52-8d1b-4c2f-9b7e-2f6f0c3d9a11");
        yield return new("RuleChange.before", () => new JsonObject { ["id"] = "wholesale", ["name"] = "Wholesale", ["enabled"] = false });
        yield return new("RuleChange.after", () => new JsonObject { ["id"] = "wholesale", ["name"] = "Wholesale", ["enabled"] = true });
    }

    private static JsonObject Conditions() => new()
    {
        ["minSubtotal"] = new JsonArray(Dollars(2500)),
        ["minUnits"] = 2,
        ["items"] = new JsonObject
        {
            ["skus"] = new JsonArray(),
            ["categories"] = new JsonArray("food/coffee"),
            ["attributes"] = new JsonArray(),
            ["excludedSkus"] = new JsonArray(),
            ["excludedCategories"] = new JsonArray(),
            ["excludedAttributes"] = new JsonArray(),
        },
        ["firstOrderOnly"] = false,
        ["customerGroups"] = new JsonArray(),
        ["countries"] = new JsonArray("DE", "GB"),
    };

    private static JsonObject Action() => new()
    {
        ["kind"] = "unitDiscount",
        ["percentPpm"] = 100_000,
        ["amounts"] = new JsonArray(),
        ["buyUnits"] = 0,
        ["getUnits"] = 0,
        ["giftSku"] = null,
        ["shippingMethods"] = new JsonArray(),
    };

    private static JsonObject Price() => new()
    {
        ["zoneId"] = "bavaria",
        ["currency"] = "USD",
        ["kind"] = "byWeight",
        ["amount"] = 0,
        ["amountPerItem"] = 0,
        ["tiers"] = new JsonArray(
            new JsonObject { ["from"] = 0, ["amount"] = 990 }, new JsonObject { ["from"] = 5000, ["amount"] = 1490 }),
        ["freeFrom"] = 15_000,
    };

    private static JsonObject Dollars(long amount) => new() { ["amount"] = amount, ["currency"] = "USD" };
}
