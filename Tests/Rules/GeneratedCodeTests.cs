using CsCheck;
using SoonShop.Pricing;

namespace SoonShop.Tests.Rules;

public sealed class GeneratedCodeTests
{
    private static readonly byte[] Secret = [.. Enumerable.Range(1, GeneratedCode.SecretLength).Select(i => (byte)i)];
    private static readonly PromotionCodesState Codes = new()
    { Secret = Convert.ToBase64String(Secret), Batches = [new(Given.Id(1), 0, 1000, Given.Now)] };

    [Fact]
    public void a_code_reads_as_it_was_written_also_without_hyphens_and_with_letters_for_digits() =>
        Gen.Select(Gen.String[Gen.Char['a', 'z'], 1, 20], Gen.Int[0, GeneratedCode.MaxNumbers - 1]).Sample((promotion, number) =>
        {
            var code = GeneratedCode.Issue(promotion, Secret, number);
            var text = code.ToString();
            string[] written =
            [
                text, text.ToLowerInvariant(), text.Replace("-", "", StringComparison.Ordinal), $"  {text} ",
                text.Replace('0', 'O').Replace('1', 'l'), text.Replace('1', 'i'), text.Replace("-", "--", StringComparison.Ordinal),
            ];
            return text.Length == 19 && number == code.Number
                && written.All(w => GeneratedCode.TryParse(w, out var read) && read == code && read.HolderKey == code.HolderKey);
        });

    [Fact]
    public void only_issued_codes_are_proven()
    {
        for (var number = 0; number < 1000; number += 7)
        {
            var code = Codes.CodeOf("summer", number);
            Assert.True(Codes.HasIssued("summer", code));
            Assert.False(Codes.HasIssued("winter", code));
            Assert.False(Codes.HasIssued("summer", code with { Proof = code.Proof ^ 1 }));
            Assert.False(Codes.HasIssued("summer", code with { Number = number + 1 }));
        }
        Assert.False(Codes.HasIssued("summer", Codes.CodeOf("summer", 1000)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("K7QZ-0001-9XWM-2R5")]
    [InlineData("K7QZ-0001-9XWM-2R5TT")]
    [InlineData("U7QZ-0001-9XWM-2R5T")]
    [InlineData("K7QZ 0001 9XWM 2R5T")]
    [InlineData("WELCOME10")]
    public void other_texts_are_no_generated_codes(string text) => Assert.False(GeneratedCode.TryParse(text, out _));

    [Fact]
    public void a_batch_is_generated_once_and_batches_follow_each_other()
    {
        var more = Codes.Generate(Given.Id(2), 5, Given.Now);
        Assert.Equal((1000, 5, 1005), (more.State.Batches[1].First, more.State.Batches[1].Count, more.State.Count));
        Assert.False(more.State.Generate(Given.Id(2), 5, Given.Now).Changed);
        Assert.Equal(ErrorCode.Conflict, more.State.Generate(Given.Id(2), 6, Given.Now).Error!.Code);
        Assert.Equal(ErrorCode.Conflict, more.State.Generate(Given.Id(3), GeneratedCode.MaxNumbers - 1004, Given.Now).Error!.Code);
        Assert.Null(more.State.Generate(Given.Id(3), GeneratedCode.MaxNumbers - 1005, Given.Now).Error);
    }
}
