using CsCheck;
using SoonShop.Orders;

namespace SoonShop.Tests.Rules;

public sealed class OrderNumberTests
{
    [Fact]
    public void a_number_can_be_read_out() => Gen.Guid.Sample(id =>
        Assert.Matches("^SO-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$", OrderNumber.For(id)));

    /// <summary>Numbers stand in mails: the way they are made must never change.</summary>
    [Fact]
    public void an_order_has_one_number_for_ever()
    {
        var id = Guid.Parse("0198c5a1-0000-8000-9abc-def012345678");

        Assert.Equal("SO-RKN8-390Y-Y6FN", OrderNumber.For(id));
        Assert.Equal(OrderNumber.For(id), OrderNumber.For(id));
    }

    [Theory]
    [InlineData("SO-RKN8-390Y-Y6FN")]
    [InlineData("so-rkn8-390y-y6fn")]
    [InlineData(" RKN8 390Y Y6FN ")]
    [InlineData("SORKN8390YY6FN")]
    [InlineData("SO-RKN8-39OY-Y6FN")]
    public void a_number_is_known_however_it_is_written(string text) => Assert.Equal("SO-RKN8-390Y-Y6FN", OrderNumber.Normalize(text));

    [Theory]
    [InlineData("")]
    [InlineData("SO-")]
    [InlineData("SO-RKN8-390Y-Y6F")]
    [InlineData("SO-RKN8-390Y-Y6FNX")]
    [InlineData("SO-RKN8-390Y-Y6FU")]
    [InlineData("SO-RKN8-390Y-Y6F%")]
    public void what_is_no_number_is_none(string text) => Assert.Null(OrderNumber.Normalize(text));

    [Fact]
    public void every_number_is_its_own_normal_form() =>
        Gen.Guid.Sample(id => Assert.Equal(OrderNumber.For(id), OrderNumber.Normalize(OrderNumber.For(id))));

    [Fact]
    public void two_hundred_thousand_orders_have_as_many_numbers() =>
        Assert.Equal(
            200_000, Enumerable.Range(0, 200_000).Select(i => OrderNumber.For(Deterministic.Id("order", $"{i}"))).Distinct().Count());

    [Fact]
    public void ids_that_differ_in_one_bit_have_different_numbers()
    {
        var bytes = new byte[16];
        var numbers = new HashSet<string> { OrderNumber.For(new Guid(bytes, bigEndian: true)) };
        for (var bit = 0; bit < 60; bit++)
        {
            Array.Clear(bytes);
            bytes[15 - bit / 8] = (byte)(1 << (bit % 8));
            Assert.True(numbers.Add(OrderNumber.For(new Guid(bytes, bigEndian: true))), $"bit {bit} is lost");
        }
    }
}
