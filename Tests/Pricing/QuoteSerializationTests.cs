using System.Text.Json;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using SoonShop.Aggregates;
using SoonShop.Pricing;

namespace SoonShop.Tests.Pricing;

/// <summary>Quotes and rules cross silos and are stored.</summary>
public sealed class QuoteSerializationTests
{
    [Fact]
    public void quotes_and_rules_are_the_same_after_crossing_silos_and_after_being_stored()
    {
        using var services = new ServiceCollection().AddSerializer(s => s.AddAssembly(typeof(Quote).Assembly)).BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();
        PricingGen.Cases.Sample(c =>
        {
            Check(PricingEngine.Price(c.Request with { ExplainsRules = true }, c.Compiled));
            Check(c.Rules);
            Check(PricingEngine.ShippingOptions(c.Request, c.Compiled));
        }, iter: 500, print: c => c.ToString());

        void Check<T>(T value)
        {
            Assert.Equal(Json(value), Json(serializer.Deserialize<T>(serializer.SerializeToArray(value))));
            Assert.Equal(Json(value), Json(JsonSerializer.Deserialize<T>(Json(value), StateJson.Options)));
        }
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, StateJson.Options);
}
