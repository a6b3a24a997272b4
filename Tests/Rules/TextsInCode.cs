using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Rules;

/// <summary>A text for clients where the code makes it.</summary>
/// <param name="Place">File and line.</param>
/// <param name="Key">Its key.</param>
/// <param name="English">The English text, with <c>{0}</c>, <c>{1}</c>, … in place of the holes.</param>
internal sealed record TextInCode(string Place, string Key, string English);

/// <summary>Reads the sources for the keys of texts, and the English texts beside them.</summary>
internal static partial class TextsInCode
{
    /// <summary>
    /// What makes texts: methods of <see cref="ErrorText"/> and <see cref="Error"/>, and what calls them with a text of its caller.
    /// </summary>
    private static readonly string[] Factories = ["Of", "Invalid", "NotFound", "Forbidden", "Unauthenticated"];

    private static readonly string[] Projects = ["Grains.Abstractions", "Grains", "ServiceDefaults", "Silo", "ApiFrontend"];

    /// <summary>
    /// Each pair of arguments that is a key and its English text, as <c>ErrorText.Of</c> and the factories of <c>Error</c> take them.
    /// </summary>
    public static ImmutableArray<TextInCode> Read() =>
    [
        .. from tree in Trees()
           from call in tree.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>()
           where NameOf(call.Expression) is { } factory && Factories.Contains(factory)
           from pair in call.ArgumentList.Arguments.Zip(call.ArgumentList.Arguments.Skip(1))
           where Literal(pair.First.Expression) is { } key && KeyPattern.IsMatch(key)
           let english = Template(pair.Second.Expression)
           where english is not null
           select new TextInCode(
               $"{tree.FilePath}:{pair.First.GetLocation().GetLineSpan().StartLinePosition.Line + 1}", Literal(pair.First.Expression)!,
               english),
    ];

    /// <summary>All string literals.</summary>
    public static HashSet<string> Literals() =>
        [.. Trees().SelectMany(tree => tree.GetRoot().DescendantNodes().OfType<LiteralExpressionSyntax>())
            .Select(l => Literal(l)).OfType<string>()];

    private static IEnumerable<SyntaxTree> Trees() =>
        from project in Projects
        from file in Directory.EnumerateFiles(Path.Combine(Repository.Root, project), "*.cs", SearchOption.AllDirectories)
        let path = Path.GetRelativePath(Repository.Root, file)
        where !path.Split('/').Any(part => part is "bin" or "obj")
        select CSharpSyntaxTree.ParseText(File.ReadAllText(file), path: path);

    private static string? NameOf(ExpressionSyntax method) =>
        ((method as MemberAccessExpressionSyntax)?.Name ?? method as IdentifierNameSyntax)?.Identifier.ValueText;

    private static string? Literal(ExpressionSyntax expression) =>
        expression is LiteralExpressionSyntax { RawKind: (int)SyntaxKind.StringLiteralExpression } literal ? literal.Token.ValueText : null;

    private static string? Template(ExpressionSyntax expression, int firstHole = 0) => expression switch
    {
        LiteralExpressionSyntax literal => Literal(literal),
        BinaryExpressionSyntax { RawKind: (int)SyntaxKind.AddExpression } sum =>
            Template(sum.Left, firstHole) is { } left && Template(sum.Right, firstHole + Holes(sum.Left).Count) is { } right
                ? left + right
                : null,
        InterpolatedStringExpressionSyntax text => string.Concat(text.Contents.Select(part => part is InterpolatedStringTextSyntax words
            ? words.TextToken.ValueText
            : $"{{{firstHole + Holes(text).IndexOf((InterpolationSyntax)part)}}}")),
        _ => null,
    };

    private static List<InterpolationSyntax> Holes(ExpressionSyntax text) => text switch
    {
        BinaryExpressionSyntax sum => [.. Holes(sum.Left), .. Holes(sum.Right)],
        InterpolatedStringExpressionSyntax interpolated => [.. interpolated.Contents.OfType<InterpolationSyntax>()],
        _ => [],
    };

    [GeneratedRegex(@"\A(title|about|access|error|not-found|field|cart|declined|order-status|order-action|letter-status|page|promotion|"
        + @"quote|rule|rule-kind)\.[a-z0-9-]+\z")]
    private static partial Regex KeyPattern { get; }
}
